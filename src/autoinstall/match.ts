import type { Answer } from './response-file.ts';

export interface Taken<Line extends Answer = Answer> {
  /** Null when no line answers the question. */
  readonly answer: Line | null;
  /** What is left for later questions. */
  readonly rest: readonly Line[];
}

/**
 * Finds the line that answers a question, by the installer's own rule (`_autorespond` of install.sub): case
 * does not matter, the key must stand in the question as whole words, bounded by a blank or the ends, behind
 * it also by a question mark; the first such line wins and is consumed, so that a question asked twice needs
 * two lines.
 * @param question as the installer prints it, with or without the default behind it
 */
export function takeAnswer<Line extends Answer>(answers: readonly Line[], question: string): Taken<Line> {
  const index = answers.findIndex(({ key }) => doesAnswer(key, question));
  const answer = answers[index];
  if (answer === undefined) return { answer: null, rest: answers };
  return { answer, rest: answers.filter((_, position) => position !== index) };
}

/** True when a line with this key answers the question. */
export function doesAnswer(key: string, question: string): boolean {
  return standsIn(key.toLowerCase(), question.toLowerCase());
}

function standsIn(key: string, question: string): boolean {
  if (key === '') return false;
  for (let from = question.indexOf(key); from >= 0; from = question.indexOf(key, from + 1)) {
    const before = question[from - 1];
    const after = question[from + key.length];
    const startsWord = before === undefined || before === ' ' || before === '\t';
    if (startsWord && (after === undefined || after === ' ' || after === '\t' || after === '?')) return true;
  }
  return false;
}
