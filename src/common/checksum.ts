/**
 * A short sum of a text, as eight hexadecimal digits (FNV-1a, 32 bits, over UTF-16 units). It notices an edit;
 * it proves nothing against somebody who wants to deceive.
 */
export function checksum(text: string): string {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, '0');
}
