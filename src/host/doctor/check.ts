import { CHECKS } from './checks.ts';
import type { DoctorScene, Facts } from './facts.ts';

/** What is found wrong, with its one-line fix. */
export interface Finding {
  /** `fault`: VMs cannot be run or installed as they should; `warning`: one day they may not; `hint`: good to know. */
  readonly level: 'fault' | 'warning' | 'hint';
  readonly says: string;
  /** A command or a sentence. */
  readonly fix: string;
  /** What `--fix` does; null: that is for a human. */
  readonly safe: readonly Remedy[] | null;
}

/** Something that harms nobody when it is done without a question. */
export type Remedy =
  | { readonly kind: 'run'; readonly argv: readonly string[] }
  /** A line of a file: in the place of those that begin so, else at the end. */
  | { readonly kind: 'line'; readonly path: string; readonly begins: string; readonly line: string };

/** One thing that is looked at. */
export interface Check {
  readonly name: string;
  /** What is fine, in a few words; told when there is nothing to find. */
  readonly fine: string;
  find(facts: Facts, scene: DoctorScene): readonly Finding[];
}

export interface Checked {
  readonly name: string;
  readonly fine: string;
  readonly findings: readonly Finding[];
}

/** Everything that is looked at, in the order of the table. */
export const examine = (facts: Facts, scene: DoctorScene): readonly Checked[] =>
  CHECKS.map(({ name, fine, find }) => ({ name, fine, findings: find(facts, scene) }));

/** A file with a remedy's line in it. */
export function withLine(text: string, { begins, line }: Extract<Remedy, { kind: 'line' }>): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const others = lines.filter((each) => !each.trimStart().startsWith(begins));
  return `${[...others, line].join('\n')}\n`;
}
