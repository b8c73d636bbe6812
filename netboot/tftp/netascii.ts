const [LF, CR, NUL] = [10, 13, 0];

/** Longer files are no texts. Bytes. */
export const LONGEST_NETASCII = 1024 * 1024;

/** The text as mode netascii carries it (RFC 764, "NVT ASCII"): LF becomes CR LF, and CR becomes CR NUL. */
export function netascii(bytes: Uint8Array): Uint8Array {
  const special = bytes.reduce((count, byte) => count + (byte === LF || byte === CR ? 1 : 0), 0);
  const text = new Uint8Array(bytes.length + special);
  let length = 0;
  for (const byte of bytes) {
    if (byte === LF) text[length++] = CR;
    text[length++] = byte;
    if (byte === CR) text[length++] = NUL;
  }
  return text;
}
