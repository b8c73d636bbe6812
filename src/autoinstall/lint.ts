/** What is wrong with a response file, before a machine boots with it. */
import { fileFaults } from './lint/file.ts';
import type { Finding, Rule } from './lint/finding.ts';
import { keyFaults } from './lint/keys.ts';
import { setFaults } from './lint/sets.ts';
import { valueFaults } from './lint/values.ts';
import { isOf, type Mode, releaseIn, type Standing, standingOf } from './question.ts';
import { QUESTIONS } from './questions.ts';
import { type Answer, parseAnswer } from './response-file.ts';
import { type AnswerLine, walk } from './walk.ts';

export interface LintOptions {
  /** Null: the one that `Server directory` names, else the newest that is known. */
  readonly release: string | null;
  readonly mode: Mode;
}

export interface LintReport extends Standing {
  readonly mode: Mode;
  /** In the order of their lines; those about no line last. */
  readonly findings: readonly Finding[];
}

const RULES: readonly Rule[] = [fileFaults, keyFaults, valueFaults, setFaults];
const NEWEST = '7.6';

/**
 * Asks the questions of a release, as autoinstall(8) does, and answers them from the file. No finding contains
 * an answer.
 */
export function lintResponseFile(text: string, { release, mode }: LintOptions): LintReport {
  const rows = text.split('\n');
  const lines = rows.flatMap((row, index) => numbered(parseAnswer(row), index + 1));
  const standing = standingOf(release ?? releaseOf(lines) ?? NEWEST);
  const asked = QUESTIONS.filter(
    (question) =>
      isOf(question, standing) && question.modes.includes(mode) && question.autoinstall !== 'never',
  );
  const subject = { rows, lines, standing, mode, walk: walk(asked, lines, { ...standing, mode }) };
  const findings = [...unverified(standing), ...RULES.flatMap((rule) => rule(subject))];
  return { ...standing, mode, findings: findings.sort((a, b) => place(a) - place(b)) };
}

const place = ({ line }: Finding): number => line ?? Number.POSITIVE_INFINITY;

function numbered(answer: Answer | null, line: number): readonly AnswerLine[] {
  return answer === null ? [] : [{ ...answer, line }];
}

function releaseOf(lines: readonly AnswerLine[]): string | null {
  const directory = lines.find(({ key }) => /^server directory\??$/i.test(key));
  return directory === undefined ? null : releaseIn(directory.value);
}

function unverified({ release, basis, known }: Standing): readonly Finding[] {
  if (known !== 'unverified') return [];
  return [
    {
      rule: 'unverified-release',
      line: null,
      severity: 'warning',
      what: `nobody has verified the questions of OpenBSD ${release}; those of ${basis}, the nearest known release, were taken`,
      fix: `try it in a rehearsal or on a machine of no importance first`,
    },
  ];
}
