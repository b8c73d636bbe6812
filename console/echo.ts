/** What a console has shown of an answer that is being typed. */
import { maskSecrets } from './mask.ts';
import { atEnd, type Screen } from './screen.ts';

/**
 * `whole`: all of it and nothing else; `part`: so far it agrees; `wrong`: something else stands there; `unsure`:
 * the cursor is on its way somewhere, and more has to come.
 */
export type Echo = 'whole' | 'part' | 'wrong' | 'unsure';

/**
 * @param base what stood on the line before the answer
 * @param answer what was typed behind it
 */
export function compareEcho({ line, cursor }: Screen, base: string, answer: string): Echo {
  if (cursor < base.length) return 'unsure';
  if (!line.startsWith(base) || !answer.startsWith(line.slice(base.length, cursor))) return 'wrong';
  // A killed line is drawn over with blanks, which stay behind the cursor.
  if (line.slice(cursor).trimEnd() !== '') return 'unsure';
  return cursor - base.length === answer.length ? 'whole' : 'part';
}

/**
 * Nothing of an answer is left on the line, which is empty, at the prompt drawn again, or as it was before.
 * @param base what stood on it before the answer
 */
export function isKilled(screen: Screen, base: string, prompt: string): boolean {
  const { line, cursor } = screen;
  if (line.slice(cursor).trimEnd() !== '') return false;
  const left = line.slice(0, cursor);
  if (left === '' || (atEnd(screen) && left.endsWith(prompt))) return true;
  // A character of several bytes is erased once for each, so the cursor may end up to the left of it.
  return base.startsWith(left);
}

/** For a failure: what stands where the answer should. */
export function describeEcho({ line }: Screen, base: string, secrets: readonly string[]): string {
  const echo = maskSecrets(line.slice(base.length).trim(), secrets);
  return echo === '' ? 'nothing was echoed' : `the echo was ${JSON.stringify(echo)}`;
}
