import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from '../../src/common/address.ts';
import { DHCP_MESSAGES, type DhcpMessage } from '../catalog.ts';

/** How an option's value sits in its bytes. Methods, not properties, so that any `Kind<T>` is a `Kind<unknown>`. */
export interface Kind<T> {
  /** @returns null when these bytes are not such a value */
  decode(bytes: Uint8Array): T | null;
  /** Puts it where it goes on the wire, without code and length. @returns where it ends */
  write(into: Uint8Array, at: number, value: T): number;
}

const ipv4: Kind<Ipv4> = {
  decode: (bytes) => (bytes.length === 4 ? ipv4FromNumber(u32At(bytes, 0)) : null),
  write: (into, at, address) => writeNumber(into, at, ipv4ToNumber(address), 4),
};

const ipv4List: Kind<readonly Ipv4[]> = {
  decode(bytes) {
    if (bytes.length === 0 || bytes.length % 4 !== 0) return null;
    return Array.from({ length: bytes.length / 4 }, (_, index) => ipv4FromNumber(u32At(bytes, index * 4)));
  },
  write(into, at, addresses) {
    let offset = at;
    for (const address of addresses) offset = ipv4.write(into, offset, address);
    return offset;
  },
};

const u32 = unsigned(4);
const u16 = unsigned(2);
const u8 = unsigned(1);

const u16List: Kind<readonly number[]> = {
  decode(bytes) {
    if (bytes.length === 0 || bytes.length % 2 !== 0) return null;
    return Array.from(
      { length: bytes.length / 2 },
      (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0),
    );
  },
  write(into, at, values) {
    let offset = at;
    for (const value of values) offset = u16.write(into, offset, value);
    return offset;
  },
};

/** One byte a character, so that nothing is lost; a NUL that some clients put at the end is dropped. */
const text: Kind<string> = {
  decode(bytes) {
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end -= 1;
    return latin1(bytes, 0, end);
  },
  write: (into, at, value) => writeLatin1(into, at, value, value.length),
};

const opaque: Kind<Uint8Array> = {
  decode: (bytes) => bytes,
  write(into, at, bytes) {
    into.set(bytes, at);
    return at + bytes.length;
  },
};

const message: Kind<DhcpMessage> = {
  decode: (bytes) => (bytes.length === 1 ? (DHCP_MESSAGES[(bytes[0] ?? 0) - 1] ?? null) : null),
  write: (into, at, value) => writeNumber(into, at, DHCP_MESSAGES.indexOf(value) + 1, 1),
};

/**
 * The options that are understood, in the order in which they are written: what a client cannot do without
 * comes first, and relay agent information last (RFC 3046 §2.1). RFC 2132 unless the row says otherwise.
 */
export const OPTIONS = {
  messageType: { code: 53, kind: message },
  serverId: { code: 54, kind: ipv4 },
  leaseSeconds: { code: 51, kind: u32 },
  renewalSeconds: { code: 58, kind: u32 },
  rebindingSeconds: { code: 59, kind: u32 },
  subnetMask: { code: 1, kind: ipv4 },
  routers: { code: 3, kind: ipv4List },
  nameServers: { code: 6, kind: ipv4List },
  hostName: { code: 12, kind: text },
  domainName: { code: 15, kind: text },
  broadcastAddress: { code: 28, kind: ipv4 },
  vendorOptions: { code: 43, kind: opaque },
  requestedAddress: { code: 50, kind: ipv4 },
  overload: { code: 52, kind: u8 }, // read, never written
  requestedOptions: { code: 55, kind: opaque },
  message: { code: 56, kind: text },
  maxMessageSize: { code: 57, kind: u16 }, // with its IP and UDP headers
  vendorClass: { code: 60, kind: text },
  clientId: { code: 61, kind: opaque }, // echoed: RFC 6842
  tftpServerName: { code: 66, kind: text },
  bootfileName: { code: 67, kind: text },
  userClass: { code: 77, kind: opaque }, // RFC 3004
  clientArch: { code: 93, kind: u16List }, // RFC 4578
  clientNic: { code: 94, kind: opaque }, // RFC 4578
  clientUuid: { code: 97, kind: opaque }, // RFC 4578
  tftpServers: { code: 150, kind: ipv4List }, // RFC 5859
  relayInfo: { code: 82, kind: opaque }, // RFC 3046
} as const satisfies Record<string, { readonly code: number; readonly kind: Kind<unknown> }>;

export type OptionName = keyof typeof OPTIONS;

export type OptionValues = {
  readonly [N in OptionName]?: Exclude<ReturnType<(typeof OPTIONS)[N]['kind']['decode']>, null> | undefined;
};

/** An option as it lies in the packet, its repeats joined. */
export interface RawOption {
  readonly code: number;
  readonly bytes: Uint8Array;
}

const ORDER = Object.keys(OPTIONS) as OptionName[];
/** By code. */
const NAMES: (OptionName | undefined)[] = [];
for (const name of ORDER) NAMES[OPTIONS[name].code] = name;
/** As `ORDER`, with what is needed of each row that is ever written. */
const WRITERS = ORDER.filter((name) => name !== 'overload').map((name) => ({
  name,
  code: OPTIONS[name].code,
  kind: OPTIONS[name].kind as Kind<unknown>,
}));

export type DecodedOptions =
  | { readonly ok: true; readonly options: OptionValues; readonly others: readonly RawOption[] }
  | { readonly ok: false; readonly reason: string };

/** Values of the known options; the unknown ones as they are. */
export function decodeOptions(raw: readonly RawOption[]): DecodedOptions {
  const options: Record<string, unknown> = {};
  const others: RawOption[] = [];
  for (const option of raw) {
    const name = NAMES[option.code];
    if (name === undefined) {
      others.push(option);
      continue;
    }
    const value = OPTIONS[name].kind.decode(option.bytes);
    if (value === null) {
      return {
        ok: false,
        reason: `option ${option.code} (${name}) is malformed, ${option.bytes.length} bytes`,
      };
    }
    options[name] = value;
  }
  return { ok: true, options: options as OptionValues, others };
}

/**
 * The options in the order of the table, with `others` before the relay agent information.
 * @returns where they end
 */
export function writeOptions(
  into: Uint8Array,
  at: number,
  options: OptionValues,
  others: readonly RawOption[],
): number {
  let offset = at;
  for (const { name, code, kind } of WRITERS) {
    if (name === 'relayInfo') {
      for (const other of others)
        offset = finish(into, offset, other.code, opaque.write(into, offset + 2, other.bytes));
    }
    const value = options[name];
    if (value !== undefined) offset = finish(into, offset, code, kind.write(into, offset + 2, value));
  }
  return offset;
}

/**
 * Puts code and length before a value that was written, in groups of at most 255 bytes (RFC 3396 §4).
 * @returns where it ends
 */
function finish(into: Uint8Array, at: number, code: number, end: number): number {
  const length = end - at - 2;
  into[at] = code;
  into[at + 1] = Math.min(length, 255);
  if (length <= 255) return end;
  const rest = into.slice(at + 2 + 255, end);
  const next = at + 2 + 255;
  into.set(rest, next + 2);
  return finish(into, next, code, next + 2 + rest.length);
}

export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let result = '';
  for (let index = start; index < end; index += 1) result += String.fromCharCode(bytes[index] ?? 0);
  return result;
}

/** The first `most` characters, one byte each. @returns where they end */
export function writeLatin1(into: Uint8Array, at: number, value: string, most: number): number {
  const length = Math.min(value.length, most);
  for (let index = 0; index < length; index += 1) into[at + index] = value.charCodeAt(index);
  return at + length;
}

/** @returns where it ends */
export function writeNumber(into: Uint8Array, at: number, value: number, size: 1 | 2 | 4): number {
  for (let index = 0; index < size; index += 1) into[at + index] = value >>> (8 * (size - 1 - index));
  return at + size;
}

export function u32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return high * 65536 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
}

function unsigned(size: 1 | 2 | 4): Kind<number> {
  return {
    decode: (bytes) => (bytes.length === size ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : null),
    write: (into, at, value) => writeNumber(into, at, value, size),
  };
}
