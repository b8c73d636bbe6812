/**
 * A TFTP client that reads, as boot ROMs and loaders do: in lock step, one block for one ACK. Codec and steps of
 * its own: a peer that shared the server's would agree with its mistakes.
 *
 *   RRQ   | 00 01 | file 0 | octet 0 | name 0 value 0 | ... |     (RFC 1350, RFC 2347)
 *   DATA  | 00 03 | block | 0 to blksize bytes |
 *   ACK   | 00 04 | block |
 *   ERROR | 00 05 | code  | message 0 |
 *   OACK  | 00 06 | name 0 value 0 | ... |
 */
export interface ReadRequest {
  readonly file: string;
  /** In the order in which they are sent; a loader without options gets 512 bytes a block. */
  readonly options: readonly (readonly [name: string, value: number])[];
  /** After this many blocks the client has seen enough and leaves by an ERROR; null reads to the end. */
  readonly leaveAfter: number | null;
}

/** One file on its way to the client. The bytes themselves are kept by whoever performs `store`. */
export interface Reading {
  readonly request: ReadRequest;
  /** The port from which the server sends this file; null until it spoke. */
  readonly server: number | null;
  readonly blockSize: number;
  /** The block that is awaited, from 1. */
  readonly block: number;
  /** What was sent last, to be sent again when nothing comes. */
  readonly said: Uint8Array;
  readonly tries: number;
}

export type ReadEvent =
  | { readonly kind: 'packet'; readonly bytes: Uint8Array; readonly port: number }
  | { readonly kind: 'timeout' };

export type ReadEffect =
  /** To the port that listens for requests where `port` is null. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array; readonly port: number | null }
  | { readonly kind: 'store'; readonly bytes: Uint8Array }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'end'; readonly end: ReadEnd };

export type ReadEnd =
  | { readonly kind: 'read' }
  /** The server said no. */
  | { readonly kind: 'refused'; readonly code: number; readonly message: string }
  | { readonly kind: 'lost'; readonly reason: string };

type Stepped = readonly [Reading, readonly ReadEffect[]];

const [DATA, ERROR, OACK] = [3, 5, 6];
/** lib/libsa/tftp.c leaves with the code of a full disk, and so do ROMs. */
const LEAVE = 3;
const BAD_OPTION = 8;
/** Waits of lib/libsa/net.c, seconds. */
const WAITS = [2, 4, 8, 16] as const;
const DEFAULT_BLOCK_SIZE = 512;
/** Block numbers have 16 bits, and pxeboot's do not wrap. */
const LAST_BLOCK = 65_535;

export function openReading(request: ReadRequest): Stepped {
  const words = [request.file, 'octet', ...request.options.flat()];
  const said = Uint8Array.of(0, 1, ...latin1Bytes(words.map((word) => `${word}\0`).join('')));
  const reading = { request, server: null, blockSize: DEFAULT_BLOCK_SIZE, block: 1, said, tries: 0 };
  return [reading, [{ kind: 'send', bytes: said, port: null }, waiting(reading)]];
}

/** What nobody asked for changes nothing. */
export function stepReading(reading: Reading, event: ReadEvent): Stepped {
  if (event.kind === 'timeout') return sendAgain(reading);
  const { bytes, port } = event;
  if (bytes.length < 4 || (reading.server !== null && reading.server !== port)) return [reading, []];
  const known = { ...reading, server: port };
  const [opcode, number] = [u16(bytes, 0), u16(bytes, 2)];
  if (opcode === DATA) return takeData(known, number, bytes.subarray(4));
  if (opcode === OACK && reading.block === 1) return takeOptions(known, bytes.subarray(2));
  if (opcode === ERROR) {
    const message = latin1(bytes.subarray(4)).split('\0')[0] ?? '';
    return ended(known, { kind: 'refused', code: number, message });
  }
  return [reading, []];
}

function takeData(reading: Reading, block: number, bytes: Uint8Array): Stepped {
  // The ACK of the block before was lost on the way: it is given once more.
  if (block === reading.block - 1) return say(reading, ack(block));
  if (block !== reading.block || bytes.length > reading.blockSize) return [reading, []];
  const store: ReadEffect = { kind: 'store', bytes };
  if (block === reading.request.leaveAfter) {
    return [reading, [store, send(reading, error(LEAVE)), { kind: 'end', end: { kind: 'read' } }]];
  }
  if (bytes.length < reading.blockSize) {
    return [reading, [store, send(reading, ack(block)), { kind: 'end', end: { kind: 'read' } }]];
  }
  if (block === LAST_BLOCK) return ended(reading, { kind: 'lost', reason: 'more than 65535 blocks' });
  const [next, effects] = say({ ...reading, block: block + 1 }, ack(block));
  return [next, [store, ...effects]];
}

/** Only what was asked for may be in it, and a block no longer than asked (RFC 2347, RFC 2348). */
function takeOptions(reading: Reading, bytes: Uint8Array): Stepped {
  const words = latin1(bytes).split('\0');
  const asked = new Map(reading.request.options);
  let { blockSize } = reading;
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [name, value] = [(words[at] ?? '').toLowerCase(), Number(words[at + 1])];
    const most = asked.get(name);
    const tooLong = name === 'blksize' && !(value >= 8 && value <= (most ?? 0));
    if (most === undefined || tooLong || !Number.isInteger(value)) {
      const end: ReadEnd = { kind: 'lost', reason: `the server chose ${name} ${words[at + 1]}` };
      return [reading, [send(reading, error(BAD_OPTION)), { kind: 'end', end }]];
    }
    if (name === 'blksize') blockSize = value;
  }
  return say({ ...reading, blockSize }, ack(0));
}

function sendAgain(reading: Reading): Stepped {
  const tries = reading.tries + 1;
  if (tries >= WAITS.length) return ended(reading, { kind: 'lost', reason: 'no answer' });
  const next = { ...reading, tries };
  return [next, [send(next, next.said), waiting(next)]];
}

function say(reading: Reading, said: Uint8Array): Stepped {
  const next = { ...reading, said, tries: 0 };
  return [next, [send(next, said), waiting(next)]];
}

const ended = (reading: Reading, end: ReadEnd): Stepped => [reading, [{ kind: 'end', end }]];

const send = ({ server }: Reading, bytes: Uint8Array): ReadEffect => ({ kind: 'send', bytes, port: server });

const waiting = ({ tries }: Reading): ReadEffect => ({ kind: 'wait', seconds: WAITS[tries] ?? 16 });

const ack = (block: number): Uint8Array => Uint8Array.of(0, 4, block >>> 8, block & 255);

/** With an empty text, as pxeboot(8) leaves. */
const error = (code: number): Uint8Array => Uint8Array.of(0, ERROR, 0, code, 0);

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);

const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

const latin1Bytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0) & 255);
