import { type Ipv4, ipv4FromNumber, ipv4ToNumber, type Lladdr } from '../../src/common/address.ts';
import {
  decodeOptions,
  latin1,
  OPTIONS,
  type OptionValues,
  type RawOption,
  u32At,
  writeLatin1,
  writeNumber,
  writeOptions,
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
  const { 0: op = 0, 1: hardware = 0, 2: size = 0, 3: hops = 0 } = bytes;
  if (op !== 1 && op !== 2) return refuse(`op ${op} is neither request nor reply`);
  if (hardware !== 1 || size !== 6) {
    return refuse(`hardware type ${hardware} with ${size} address bytes is not Ethernet`);
  }
  if (u32At(bytes, 236) !== COOKIE) return refuse('no DHCP cookie: plain BOOTP or something else');

  const collected = collectOptions(bytes);
  if (typeof collected === 'string') return refuse(collected);
  const decoded = decodeOptions(collected.raw);
  if (!decoded.ok) return decoded;

  return {
    ok: true,
    packet: {
      kind: op === 1 ? 'request' : 'reply',
      hops,
      xid: u32At(bytes, 4),
      secs: u32At(bytes, 8) >>> 16,
      broadcast: (u32At(bytes, 8) & BROADCAST) !== 0,
      clientAddress: addressAt(bytes, 12),
      yourAddress: addressAt(bytes, 16),
      nextServer: addressAt(bytes, 20),
      relayAddress: addressAt(bytes, 24),
      lladdr: lladdrAt(bytes, 28),
      serverName: (collected.overload & 2) !== 0 ? '' : textField(bytes, FIELD.serverName),
      bootfile: (collected.overload & 1) !== 0 ? '' : textField(bytes, FIELD.bootfile),
      options: decoded.options,
      others: decoded.others,
    },
  };
}

/** Every packet is put together here and copied out: longer than any reply to the longest UDP datagram. */
const DRAFT = new Uint8Array(256 * 1024);

/** @returns the packet, padded to 300 bytes at least. Text too long for its field is cut. */
export function encodePacket(packet: Packet): Uint8Array {
  DRAFT.fill(0, 0, FIXED_BYTES);
  DRAFT[0] = packet.kind === 'request' ? 1 : 2;
  DRAFT[1] = 1;
  DRAFT[2] = 6;
  DRAFT[3] = packet.hops;
  writeNumber(DRAFT, 4, packet.xid, 4);
  writeNumber(DRAFT, 8, packet.secs, 2);
  writeNumber(DRAFT, 10, packet.broadcast ? BROADCAST : 0, 2);
  writeNumber(DRAFT, 12, ipv4ToNumber(packet.clientAddress), 4);
  writeNumber(DRAFT, 16, ipv4ToNumber(packet.yourAddress), 4);
  writeNumber(DRAFT, 20, ipv4ToNumber(packet.nextServer), 4);
  writeNumber(DRAFT, 24, ipv4ToNumber(packet.relayAddress), 4);
  writeLladdr(DRAFT, 28, packet.lladdr);
  setTextField(DRAFT, FIELD.serverName, packet.serverName);
  setTextField(DRAFT, FIELD.bootfile, packet.bootfile);
  writeNumber(DRAFT, 236, COOKIE, 4);
  const end = writeOptions(DRAFT, FIXED_BYTES, packet.options, packet.others);
  DRAFT[end] = END;
  DRAFT.fill(PAD, end + 1, MIN_PACKET_BYTES);
  return Buffer.from(DRAFT.subarray(0, Math.max(end + 1, MIN_PACKET_BYTES)));
}

/** In the order of RFC 3396 §5: the options field, then `file`, then `sname`. */
function collectOptions(bytes: Uint8Array): { raw: RawOption[]; overload: number } | string {
  const raw: RawOption[] = [];
  const failed = readOptions(bytes, FIXED_BYTES, bytes.length, 'options', raw);
  if (failed !== null) return failed;
  const overload = raw.find(({ code }) => code === OPTIONS.overload.code)?.bytes[0] ?? 0;
  for (const [bit, name] of OVERLOADED) {
    if ((overload & bit) === 0) continue;
    const [start, size] = FIELD[name];
    const reason = readOptions(bytes, start, start + size, name, raw);
    if (reason !== null) return reason;
  }
  return { raw, overload };
}

const OVERLOADED = [
  [1, 'bootfile'],
  [2, 'serverName'],
] as const;

function readOptions(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: string,
  raw: RawOption[],
): string | null {
  let offset = start;
  while (offset < end) {
    const code = bytes[offset] ?? PAD;
    if (code === END) return null;
    if (code === PAD) {
      offset += 1;
      continue;
    }
    const next = offset + 2 + (bytes[offset + 1] ?? 0);
    if (offset + 1 >= end || next > end) {
      return `option ${code} in ${name} is longer than what is left of the packet`;
    }
    collect(raw, code, bytes.subarray(offset + 2, next));
    offset = next;
  }
  return `${name} without an end option`;
}

/** Repeats are joined. */
function collect(raw: RawOption[], code: number, bytes: Uint8Array): void {
  const before = raw.findIndex((option) => option.code === code);
  const repeated = raw[before];
  if (repeated === undefined) {
    raw.push({ code, bytes });
    return;
  }
  const joined = new Uint8Array(repeated.bytes.length + bytes.length);
  joined.set(repeated.bytes);
  joined.set(bytes, repeated.bytes.length);
  raw[before] = { code, bytes: joined };
}

function textField(bytes: Uint8Array, [start, size]: readonly [number, number]): string {
  let end = start;
  while (end < start + size && bytes[end] !== 0) end += 1;
  return end === start ? '' : latin1(bytes, start, end);
}

function setTextField(bytes: Uint8Array, [start, size]: readonly [number, number], value: string): void {
  writeLatin1(bytes, start, value, size - 1);
}

const addressAt = (bytes: Uint8Array, at: number): Ipv4 => ipv4FromNumber(u32At(bytes, at));

/** Of the characters of an lladdr, filled in for each. */
const LLADDR: number[] = Array.from('00:00:00:00:00:00', (character) => character.charCodeAt(0));
const DIGITS = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

function lladdrAt(bytes: Uint8Array, at: number): Lladdr {
  for (let octet = 0; octet < 6; octet += 1) {
    const value = bytes[at + octet] ?? 0;
    LLADDR[3 * octet] = DIGITS[value >>> 4] ?? 0;
    LLADDR[3 * octet + 1] = DIGITS[value & 15] ?? 0;
  }
  return String.fromCharCode(...LLADDR) as Lladdr;
}

function writeLladdr(into: Uint8Array, at: number, lladdr: Lladdr): void {
  for (let octet = 0; octet < 6; octet += 1) {
    const digits = 3 * octet;
    into[at + octet] = 16 * digitAt(lladdr, digits) + digitAt(lladdr, digits + 1);
  }
}

/** A hexadecimal digit in lower case: the letters follow the digits after a gap. */
function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < LETTER_A ? code - ZERO : code - LETTER_A + 10;
}

const ZERO = '0'.charCodeAt(0);
const LETTER_A = 'a'.charCodeAt(0);

function refuse(reason: string): Decoded {
  return { ok: false, reason };
}
