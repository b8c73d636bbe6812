import type { Phase } from '../phase.ts';
import type { Range } from './releases.ts';

/** Text that stands, unterminated, at the very end of the output while the machine waits for somebody. */
export interface PromptRow {
  readonly name: string;
  readonly releases: readonly Range[];
  /** Tested against the end of the open line. */
  readonly prompt: RegExp;
  /** Every prompt that matches contains this; it finds candidates cheaply. */
  readonly key: string;
  /** The open line that matches begins with this; empty where beginnings vary. */
  readonly lead: string;
  /** The last character of every prompt that matches, null where it varies. */
  readonly last: number | null;
  /**
   * `exact`: nothing can follow, so it may be answered at once. `optional`: a ` [default] ` may follow, or it
   * is only sure to wait after a silence; complete at once all the same where the default is already there.
   */
  readonly tail: 'exact' | 'optional';
  readonly answer: AnswerKind;
  /** What is typed, where the answer is `text`. */
  readonly text?: string;
  /** The question by which the response file is asked, where the prompt does not contain it. */
  readonly question?: string;
  /** The phase that it shows, if it shows one. */
  readonly phase: Phase | null;
  /** Of an operator's table: asked by his own scripts too, in the middle of an unattended install. */
  readonly own: boolean;
}

/**
 * Who knows the answer. `menu`, `location` and `mode` the order given to the driver; `question` and
 * `password` the response file, else the default; `unknown` likewise, but only while an installer runs; `text`
 * the row; `reboot` is always the same; `nobody` is for a human.
 * `itself` goes on without an answer. `shell` and `ddb` are for a human too, and say how the machine stands;
 * `last-shell` is where an installer that succeeded leaves the reboot to who is at the keyboard, and else a `shell`;
 * `stopped` is no prompt but the last word of a machine that goes nowhere from here.
 */
export type AnswerKind = (typeof ANSWER_KINDS)[number] | 'text';

/** Those that a table names; `text` follows from what it says. */
export const ANSWER_KINDS = [
  'menu',
  'location',
  'mode',
  'question',
  'unknown',
  'password',
  'reboot',
  'nobody',
  'itself',
  'shell',
  'last-shell',
  'ddb',
  'stopped',
  'login',
] as const;

/** A completed line that says how the machine stands. */
export interface MarkerRow {
  readonly name: string;
  readonly releases: readonly Range[];
  /** Every line that matches contains this; it finds candidates cheaply. */
  readonly key: string;
  /** Every line that matches begins with this; empty where beginnings vary. */
  readonly lead: string;
  readonly line: RegExp;
  readonly means: Meaning;
}

export type Meaning =
  /** A phase begins. With `afterDone` only once the install has succeeded. */
  | { readonly kind: 'phase'; readonly phase: Phase; readonly afterDone?: true }
  /** As `phase`; the first group is the release. */
  | { readonly kind: 'release'; readonly phase: Phase }
  /** The menu that follows starts autoinstall by itself. */
  | { readonly kind: 'timer' }
  /** From here on autoinstall answers its own questions. */
  | { readonly kind: 'automatic' }
  | { readonly kind: 'done'; readonly outcome: 'installed' | 'upgraded' }
  /** The end, for this reason, or else for the text that matched. With `reboots` the machine takes itself away. */
  | { readonly kind: 'fatal'; readonly reason?: string; readonly reboots?: true }
  /** The end, for a reason that a `suspect` line before it gave. */
  | { readonly kind: 'gave-up' }
  /** The likely reason should it fail now; often harmless. */
  | { readonly kind: 'suspect'; readonly phase?: Phase };
