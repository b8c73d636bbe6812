import type { Mode, Standing } from '../question.ts';
import type { AnswerLine, Walk } from '../walk.ts';

export interface Finding {
  /** A short name for programs. */
  readonly rule: string;
  /** From 1; null for what the file lacks. */
  readonly line: number | null;
  /** `error`: the install fails, or does something else than the file says. */
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly fix: string;
}

export interface Subject {
  /** The text, line by line. */
  readonly rows: readonly string[];
  /** What of it the installer takes as answers. */
  readonly lines: readonly AnswerLine[];
  readonly standing: Standing;
  readonly mode: Mode;
  readonly walk: Walk;
}

/** One kind of look at a response file. No finding may contain an answer. */
export type Rule = (subject: Subject) => readonly Finding[];

type Say = (rule: string, line: number | null, what: string, fix: string) => Finding;
export const error: Say = (rule, line, what, fix) => ({ rule, line, severity: 'error', what, fix });
export const warning: Say = (rule, line, what, fix) => ({ rule, line, severity: 'warning', what, fix });

/** A key or a question, fit for a terminal. */
export function quoted(text: string): string {
  const clean = text.replace(/\p{C}/gu, '\u00b7');
  return `\`${clean.length > 70 ? `${clean.slice(0, 70)}...` : clean}\``;
}
