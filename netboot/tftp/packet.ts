/** TFTP (RFC 1350) with options (RFC 2347). Numbers are in network order, texts end with NUL. */
export type TftpPacket =
  | TransferRequest
  | { readonly kind: 'data'; readonly block: number; readonly bytes: Uint8Array }
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'oack'; readonly options: RequestOptions };

export interface TransferRequest {
  readonly kind: 'rrq' | 'wrq';
  readonly file: string;
  /** Lower case: `octet`, `netascii`, `mail`. */
  readonly mode: string;
  readonly options: RequestOptions;
}

/** Names in lower case; of a name that comes twice the first value counts. */
export type RequestOptions = ReadonlyMap<string, string>;

export type TftpDecoded =
  | { readonly ok: true; readonly packet: TftpPacket }
  /** `isRequest`: its sender waits for an answer. */
  | { readonly ok: false; readonly reason: string; readonly isRequest?: true };

/** RFC 1350 §5 and RFC 2347. */
export const ERROR_CODES = {
  undefined: 0,
  notFound: 1,
  accessViolation: 2,
  illegal: 4,
  unknownTransfer: 5,
} as const;

const OPCODES = { rrq: 1, wrq: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;

/** A request may not be longer (RFC 2347). */
const MAX_REQUEST_BYTES = 512;

/**
 *   RRQ, WRQ | 00 01, 00 02 | file 0 | mode 0 | name 0 value 0 | ... |
 *   DATA     | 00 03 | block | 0 to blksize bytes |
 *   ACK      | 00 04 | block |
 *   ERROR    | 00 05 | code  | message 0 |
 *   OACK     | 00 06 | name 0 value 0 | ... |
 */
export function decodeTftp(bytes: Uint8Array): TftpDecoded {
  const opcode = u16At(bytes, 0);
  if (opcode === null) return refuse(`${bytes.length} bytes are too few for a TFTP packet`);
  switch (opcode) {
    case OPCODES.rrq:
      return decodeRequest('rrq', bytes);
    case OPCODES.wrq:
      return decodeRequest('wrq', bytes);
    case OPCODES.oack: {
      const words = wordsOf(bytes.subarray(2));
      const options = words === null ? null : optionsOf(words);
      return options === null ? refuse('malformed OACK') : accept({ kind: 'oack', options });
    }
  }
  const number = u16At(bytes, 2);
  if (number === null) return refuse(`opcode ${opcode} in ${bytes.length} bytes`);
  switch (opcode) {
    case OPCODES.data:
      return accept({ kind: 'data', block: number, bytes: bytes.subarray(4) });
    case OPCODES.ack:
      return accept({ kind: 'ack', block: number });
    case OPCODES.error:
      return accept({ kind: 'error', code: number, message: firstWord(bytes.subarray(4)) });
    default:
      return refuse(`unknown opcode ${opcode}`);
  }
}

export function encodeTftp(packet: TftpPacket): Uint8Array {
  switch (packet.kind) {
    case 'rrq':
    case 'wrq':
      return joined(OPCODES[packet.kind], [packet.file, packet.mode, ...[...packet.options].flat()]);
    case 'oack':
      return joined(OPCODES.oack, [...packet.options].flat());
    case 'data': {
      const packetBytes = new Uint8Array(DATA_HEADER_BYTES + packet.bytes.length);
      writeData(packetBytes, packet.block, packet.bytes);
      return packetBytes;
    }
    case 'ack':
      return Uint8Array.of(0, OPCODES.ack, packet.block >>> 8, packet.block & 255);
    case 'error':
      return Uint8Array.of(
        0,
        OPCODES.error,
        packet.code >>> 8,
        packet.code & 255,
        ...bytesOf(`${packet.message}\0`),
      );
  }
}

export const DATA_HEADER_BYTES = 4;

/** Writes a DATA packet over `into`, which must be as long as it is: thousands a second make no garbage so. */
export function writeData(into: Uint8Array, block: number, bytes: Uint8Array): void {
  into[0] = 0;
  into[1] = OPCODES.data;
  into[2] = block >>> 8;
  into[3] = block & 255;
  into.set(bytes, DATA_HEADER_BYTES);
}

function decodeRequest(kind: 'rrq' | 'wrq', bytes: Uint8Array): TftpDecoded {
  if (bytes.length > MAX_REQUEST_BYTES)
    return refuse(`a request of ${bytes.length} bytes is too long`, { isRequest: true });
  const [file, mode, ...rest] = endedWordsOf(bytes.subarray(2));
  if (file === undefined || mode === undefined) return refuse('malformed request', { isRequest: true });
  return accept({ kind, file, mode: mode.toLowerCase(), options: optionsOfRequest(rest) });
}

/** Some firmware sends more than its request (tftpd(8) names Apple's): what is no pair is no option. */
function optionsOfRequest(words: readonly string[]): RequestOptions {
  const options = new Map(optionsOf(words.slice(0, words.length - (words.length % 2))));
  options.delete('');
  return options;
}

function optionsOf(words: readonly string[]): RequestOptions | null {
  if (words.length % 2 !== 0) return null;
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index += 2) {
    const name = (words[index] ?? '').toLowerCase();
    if (!options.has(name)) options.set(name, words[index + 1] ?? '');
  }
  return options;
}

/** What stands behind the last NUL is left out. */
function endedWordsOf(bytes: Uint8Array): readonly string[] {
  const end = bytes.lastIndexOf(0);
  return end === -1 ? [] : textOf(bytes.subarray(0, end)).split('\0');
}

/** @returns null unless every text is ended by its NUL */
function wordsOf(bytes: Uint8Array): readonly string[] | null {
  if (bytes.length === 0) return [];
  if (bytes[bytes.length - 1] !== 0) return null;
  return textOf(bytes.subarray(0, -1)).split('\0');
}

function firstWord(bytes: Uint8Array): string {
  return textOf(bytes).split('\0')[0] ?? '';
}

function joined(opcode: number, words: readonly string[]): Uint8Array {
  return Uint8Array.of(0, opcode, ...bytesOf(words.map((word) => `${word}\0`).join('')));
}

/** Texts are one byte a character, so that any name survives the way into the log. */
function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function bytesOf(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0) & 255);
}

function u16At(bytes: Uint8Array, offset: number): number | null {
  const [high, low] = [bytes[offset], bytes[offset + 1]];
  return high === undefined || low === undefined ? null : high * 256 + low;
}

function accept(packet: TftpPacket): TftpDecoded {
  return { ok: true, packet };
}

function refuse(reason: string, more: { readonly isRequest?: true } = {}): TftpDecoded {
  return { ok: false, reason, ...more };
}
