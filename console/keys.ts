import type { Turn } from './turn.ts';

/** What is typed, beside the answers themselves. */

/** Kills the line (stty(1)). Twice, because one may be lost, and an empty line can be killed without harm. */
export const KILL = '\x15\x15';

/** How many characters of `text` make at most `burst` bytes of UTF-8, at least one. */
export function burstLength(text: string, burst: number): number {
  let length = 0;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > burst && length > 0) break;
    length += character.length;
  }
  return length;
}

/** To the console at once. */
export function write(turn: Turn, text: string): void {
  turn.effects.push({ kind: 'write', text });
  turn.next.lastKey = text.slice(-1);
}
