/** An unterminated string sequence longer than this is given up: its rest would show as text, no worse. */
const LONGEST = 4096;

/** From the last ESC to the end: a sequence that still lacks its final byte (ECMA-48 §5.4, §5.6). */
const CUT_SEQUENCE =
  // ESC, or ESC with intermediates | CSI without its final byte | OSC, which BEL may end | DCS, SOS, PM, APC
  /^\x1b(?:[^\x18\x1a\x30-\x7e]*|\[[^\x18\x1a\x40-\x7e]*|\][^\x07\x18\x1a]*|[PX^_][^\x18\x1a]*)$/;

/** A UTF-8 character that lacks its last bytes (RFC 3629 §4). */
const CUT_CHARACTER = /(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$/;

/**
 * The bytes at the end of a stream that a terminal has read but not acted on: a cut escape sequence or a cut
 * character. A picture of the screen doesn't contain them, so a late viewer needs them behind the picture.
 * @param before what this function returned for the stream up to `bytes`
 */
export function unfinished(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const text = latin1(before) + latin1(bytes);
  const start = text.lastIndexOf('\x1b');
  const sequence = start < 0 ? null : CUT_SEQUENCE.exec(text.slice(start));
  const cut = (sequence ?? CUT_CHARACTER.exec(text.slice(-3)))?.[0] ?? '';
  return cut.length > LONGEST ? new Uint8Array() : Buffer.from(cut, 'latin1');
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
