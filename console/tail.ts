import { maskSecrets, secretsOf } from './mask.ts';
import type { Dialogue } from './turn.ts';

/** Characters of the end of the console that a failure report shows. */
const TAIL_LENGTH = 2000;
/** The end of the console's text, at most some 2,000 characters, secrets masked. */
export function tailOf({ tail, screen, facts }: Dialogue): string {
  const text = [...tail, screen.line].join('\n');
  return maskSecrets(text, secretsOf(facts.answers)).slice(-TAIL_LENGTH).trim();
}

/** As many of the last lines as a failure report can show. */
export function endOf(earlier: readonly string[], lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let length = 0;
  for (const list of [lines, earlier]) {
    for (let index = list.length - 1; index >= 0 && length < TAIL_LENGTH; index -= 1) {
      const line = list[index] ?? '';
      kept.push(line);
      length += line.length + 1;
    }
  }
  return kept.reverse();
}
