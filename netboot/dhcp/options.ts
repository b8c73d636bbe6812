import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from '../../src/common/address.ts';
import type { DhcpMessage } from '../catalog.ts';

/** How an option's value sits in its bytes. Methods, not properties, so that any `Kind<T>` is a `Kind<unknown>`. */
export interface Kind<T> {
  /** @returns null when these bytes are not such a value */
  decode(bytes: Uint8Array): T | null;
  encode(value: T): Uint8Array;
}

const ipv4: Kind<Ipv4> = {
  decode: (bytes) => (bytes.length === 4 ? ipv4FromNumber(viewOf(bytes).getUint32(0)) : null),
  encode: (address) => bytesOfNumber(ipv4ToNumber(address), 4),
};

const ipv4List: Kind<readonly Ipv4[]> = {
  decode(bytes) {
    if (bytes.length === 0 || bytes.length % 4 !== 0) return null;
    const view = viewOf(bytes);
    return Array.from({ length: bytes.length / 4 }, (_, index) => ipv4FromNumber(view.getUint32(index * 4)));
  },
  encode: (addresses) => Uint8Array.from(addresses.flatMap((address) => [...ipv4.encode(address)])),
};

const u32 = unsigned(4);
const u16 = unsigned(2);
const u8 = unsigned(1);

const u16List: Kind<readonly number[]> = {
  decode(bytes) {
    if (bytes.length === 0 || bytes.length % 2 !== 0) return null;
    const view = viewOf(bytes);
    return Array.from({ length: bytes.length / 2 }, (_, index) => view.getUint16(index * 2));
  },
  encode: (values) => Uint8Array.from(values.flatMap((value) => [value >>> 8, value & 255])),
};

/** One byte a character, so that nothing is lost; a NUL that some clients put at the end is dropped. */
const text: Kind<string> = {
  decode: (bytes) => latin1(bytes).replace(/\0+$/, ''),
  encode: (value) => bytesOfLatin1(value),
};

const opaque: Kind<Uint8Array> = { decode: (bytes) => bytes, encode: (bytes) => bytes };

/** Option 53, numbered from 1. */
const MESSAGES = [
  'discover',
  'offer',
  'request',
  'decline',
  'ack',
  'nak',
  'release',
  'inform',
] as const satisfies readonly DhcpMessage[];

const message: Kind<DhcpMessage> = {
  decode: (bytes) => (bytes.length === 1 ? (MESSAGES[(bytes[0] ?? 0) - 1] ?? null) : null),
  encode: (value) => Uint8Array.of(MESSAGES.indexOf(value) + 1),
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
  clientUuid: { code: 97, kind: opaque }, // RFC 4578
  tftpServers: { code: 150, kind: ipv4List }, // RFC 5859
  relayInfo: { code: 82, kind: opaque }, // RFC 3046
} as const satisfies Record<string, { readonly code: number; readonly kind: Kind<unknown> }>;

export type OptionName = keyof typeof OPTIONS;

export type OptionValues = {
  readonly [N in OptionName]?: Exclude<ReturnType<(typeof OPTIONS)[N]['kind']['decode']>, null>;
};

/** An option as it lies in the packet, its repeats joined. */
export interface RawOption {
  readonly code: number;
  readonly bytes: Uint8Array;
}

const ORDER = Object.keys(OPTIONS) as OptionName[];
const NAMES = new Map<number, OptionName>(ORDER.map((name) => [OPTIONS[name].code, name]));

export type DecodedOptions =
  | { readonly ok: true; readonly options: OptionValues; readonly others: readonly RawOption[] }
  | { readonly ok: false; readonly reason: string };

/** Values of the known options; the unknown ones as they are. */
export function decodeOptions(raw: readonly RawOption[]): DecodedOptions {
  const options: Record<string, unknown> = {};
  const others: RawOption[] = [];
  for (const option of raw) {
    const name = NAMES.get(option.code);
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

/** The options in the order of the table, with `others` before the relay agent information. */
export function encodeOptions(options: OptionValues, others: readonly RawOption[]): readonly RawOption[] {
  const raw: RawOption[] = [];
  for (const name of ORDER) {
    if (name === 'relayInfo') raw.push(...others);
    const value = options[name];
    const kind: Kind<unknown> = OPTIONS[name].kind;
    if (value !== undefined) raw.push({ code: OPTIONS[name].code, bytes: kind.encode(value) });
  }
  return raw;
}

export function latin1(bytes: Uint8Array): string {
  let result = '';
  for (const byte of bytes) result += String.fromCharCode(byte);
  return result;
}

export function bytesOfLatin1(value: string): Uint8Array {
  const bytes = new Uint8Array(value.length);
  for (let index = 0; index < value.length; index += 1) bytes[index] = value.charCodeAt(index);
  return bytes;
}

function unsigned(size: 1 | 2 | 4): Kind<number> {
  return {
    decode: (bytes) => (bytes.length === size ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : null),
    encode: (value) => bytesOfNumber(value, size),
  };
}

function bytesOfNumber(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index += 1) bytes[index] = value >>> (8 * (size - 1 - index));
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
