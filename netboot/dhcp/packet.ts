import { type Ipv4, ipv4FromNumber, ipv4ToNumber, type Lladdr } from '../../src/common/address.ts';
import {
  bytesOfLatin1,
  decodeOptions,
  encodeOptions,
  latin1,
  OPTIONS,
  type OptionValues,
  type RawOption,
} from './options.ts';

/** A BOOTP message with DHCP options, as a value. */
export interface Packet {
  readonly kind: 'request' | 'reply';
  readonly hops: number;
  readonly xid: number;
  /** Seconds since the client began; unreliable: some send it in the wrong byte order. */
  readonly secs: number;
  /** The client cannot take unicast yet. */
  readonly broadcast: boolean;
  readonly clientAddress: Ipv4;
  readonly yourAddress: Ipv4;
  readonly nextServer: Ipv4;
  readonly relayAddress: Ipv4;
  readonly lladdr: Lladdr;
  /** `sname`; empty when it carried options instead. */
  readonly serverName: string;
  /** `file`; empty when it carried options instead. */
  readonly bootfile: string;
  readonly options: OptionValues;
  /** Options without a row in the table. */
  readonly others: readonly RawOption[];
}

export type Decoded =
  | { readonly ok: true; readonly packet: Packet }
  | { readonly ok: false; readonly reason: string };

export const NO_ADDRESS = '0.0.0.0' as Ipv4;

/** No reply is shorter: some BOOTP clients and relays drop what is (RFC 1542 §2.1). */
export const MIN_PACKET_BYTES = 300;

const FIXED_BYTES = 240;
const COOKIE = 0x63825363;
const PAD = 0;
const END = 255;
const BROADCAST = 0x8000;
const FIELD = { serverName: [44, 64], bootfile: [108, 128] } as const;

/**
 * RFC 2131 §2, RFC 2132 §2:
 *
 *      0               1               2               3
 *    0 | op (1|2)      | htype (1)     | hlen (6)      | hops          |
 *    4 | xid                                                           |
 *    8 | secs                          | flags (0x8000 = broadcast)    |
 *   12 | ciaddr   16 | yiaddr   20 | siaddr   24 | giaddr              |
 *   28 | chaddr (16, of which the first hlen count)                    |
 *   44 | sname (64, NUL-terminated)                                    |
 *  108 | file (128, NUL-terminated)                                    |
 *  236 | 63 82 53 63                                                   |
 *  240 | code | length | value ... | 00 = pad ... | ff = end           |
 *
 * Repeats of an option are joined (RFC 3396), and options may go on in `file` and `sname` (option 52).
 */
export function decodePacket(bytes: Uint8Array): Decoded {
  if (bytes.length < FIXED_BYTES) return refuse(`${bytes.length} bytes are too few for a DHCP packet`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = view.getUint8(0);
  if (op !== 1 && op !== 2) return refuse(`op ${op} is neither request nor reply`);
  if (view.getUint8(1) !== 1 || view.getUint8(2) !== 6) {
    return refuse(`hardware type ${view.getUint8(1)} with ${view.getUint8(2)} address bytes is not Ethernet`);
  }
  if (view.getUint32(236) !== COOKIE) return refuse('no DHCP cookie: plain BOOTP or something else');

  const collected = collectOptions(bytes);
  if (typeof collected === 'string') return refuse(collected);
  const decoded = decodeOptions(collected.raw);
  if (!decoded.ok) return decoded;

  const address = (offset: number) => ipv4FromNumber(view.getUint32(offset));
  return {
    ok: true,
    packet: {
      kind: op === 1 ? 'request' : 'reply',
      hops: view.getUint8(3),
      xid: view.getUint32(4),
      secs: view.getUint16(8),
      broadcast: (view.getUint16(10) & BROADCAST) !== 0,
      clientAddress: address(12),
      yourAddress: address(16),
      nextServer: address(20),
      relayAddress: address(24),
      lladdr: lladdrOf(bytes.subarray(28, 34)),
      serverName: (collected.overload & 2) !== 0 ? '' : textField(bytes, FIELD.serverName),
      bootfile: (collected.overload & 1) !== 0 ? '' : textField(bytes, FIELD.bootfile),
      options: decoded.options,
      others: decoded.others,
    },
  };
}

/** @returns the packet, padded to 300 bytes at least. Text too long for its field is cut. */
export function encodePacket(packet: Packet): Uint8Array {
  const { overload: _, ...options } = packet.options;
  const raw = encodeOptions(options, packet.others);
  const bytes = new Uint8Array(Math.max(lengthWith(raw), MIN_PACKET_BYTES));
  const view = new DataView(bytes.buffer);
  bytes.set([packet.kind === 'request' ? 1 : 2, 1, 6, packet.hops]);
  view.setUint32(4, packet.xid);
  view.setUint16(8, packet.secs);
  view.setUint16(10, packet.broadcast ? BROADCAST : 0);
  const { clientAddress, yourAddress, nextServer, relayAddress } = packet;
  [clientAddress, yourAddress, nextServer, relayAddress].forEach((address, index) => {
    view.setUint32(12 + 4 * index, ipv4ToNumber(address));
  });
  for (let octet = 0; octet < 6; octet += 1) {
    bytes[28 + octet] = Number.parseInt(packet.lladdr.slice(3 * octet, 3 * octet + 2), 16);
  }
  setTextField(bytes, FIELD.serverName, packet.serverName);
  setTextField(bytes, FIELD.bootfile, packet.bootfile);
  view.setUint32(236, COOKIE);
  let offset = FIXED_BYTES;
  for (const option of raw) offset = writeOption(bytes, offset, option);
  bytes[offset] = END;
  return bytes;
}

/** Bytes of the packet up to and with its end option, before padding. */
export function packetLength(packet: Packet): number {
  const { overload: _, ...options } = packet.options;
  return lengthWith(encodeOptions(options, packet.others));
}

/** In the order of RFC 3396 §5: the options field, then `file`, then `sname`. */
function collectOptions(bytes: Uint8Array): { raw: RawOption[]; overload: number } | string {
  const parts = new Map<number, Uint8Array[]>();
  const failed = readOptions(bytes.subarray(FIXED_BYTES), 'options', parts);
  if (failed !== null) return failed;
  const overload = parts.get(OPTIONS.overload.code)?.[0]?.[0] ?? 0;
  for (const [bit, name] of [
    [1, 'bootfile'],
    [2, 'serverName'],
  ] as const) {
    if ((overload & bit) === 0) continue;
    const [start, size] = FIELD[name];
    const reason = readOptions(bytes.subarray(start, start + size), name, parts);
    if (reason !== null) return reason;
  }
  return { raw: [...parts].map(([code, pieces]) => ({ code, bytes: join(pieces) })), overload };
}

function readOptions(area: Uint8Array, name: string, parts: Map<number, Uint8Array[]>): string | null {
  let offset = 0;
  while (offset < area.length) {
    const code = area[offset] ?? PAD;
    if (code === END) return null;
    if (code === PAD) {
      offset += 1;
      continue;
    }
    const length = area[offset + 1];
    if (length === undefined || offset + 2 + length > area.length) {
      return `option ${code} in ${name} is longer than what is left of the packet`;
    }
    const pieces = parts.get(code) ?? [];
    pieces.push(area.slice(offset + 2, offset + 2 + length));
    parts.set(code, pieces);
    offset += 2 + length;
  }
  return `${name} without an end option`;
}

/**
 * One option as one or more code-length-value groups of at most 255 bytes each (RFC 3396 §4).
 * @returns where it ends
 */
function writeOption(into: Uint8Array, at: number, { code, bytes }: RawOption): number {
  let offset = at;
  for (let start = 0; start === 0 || start < bytes.length; start += 255) {
    const length = Math.min(bytes.length - start, 255);
    into[offset] = code;
    into[offset + 1] = length;
    into.set(length === bytes.length ? bytes : bytes.subarray(start, start + length), offset + 2);
    offset += 2 + length;
  }
  return offset;
}

/** Bytes up to and with the end option. */
function lengthWith(options: readonly RawOption[]): number {
  let length = FIXED_BYTES + 1;
  for (const { bytes } of options) length += bytes.length + 2 * Math.max(1, Math.ceil(bytes.length / 255));
  return length;
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    result.set(piece, offset);
    offset += piece.length;
  }
  return result;
}

function textField(bytes: Uint8Array, [start, size]: readonly [number, number]): string {
  const field = bytes.subarray(start, start + size);
  const end = field.indexOf(0);
  return latin1(end === -1 ? field : field.subarray(0, end));
}

function setTextField(bytes: Uint8Array, [start, size]: readonly [number, number], value: string): void {
  bytes.set(bytesOfLatin1(value).subarray(0, size - 1), start);
}

function lladdrOf(octets: Uint8Array): Lladdr {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':') as Lladdr;
}

function refuse(reason: string): Decoded {
  return { ok: false, reason };
}
