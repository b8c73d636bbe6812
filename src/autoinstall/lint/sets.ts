import { doesAnswer } from '../match.ts';
import { SIGNATURE_QUESTIONS } from '../questions.ts';
import { type AnswerLine, versionOf } from '../walk.ts';
import { error, type Finding, quoted, type Rule, type Subject } from './finding.ts';

/** Answers that let bad sets through, and site sets that would end the install. */
export const setFaults: Rule = (subject) => [
  ...subject.lines.flatMap((line) => tooTrusting(line, subject)),
  ...siteFaults(subject),
];

const isYes = (value: string): boolean => /^y/i.test(value);
const checksumQuestion = (set: string): string => `Checksum test for ${set} failed. Continue anyway?`;
const unverifiedQuestion = (sets: string): string =>
  `Unverified sets: ${sets}. Continue without verification?`;
const keyOf = (question: string): string => question.slice(0, -1);

/** True for an answer that would accept sets whoever made them. */
export function trustsAnything({ key, value }: AnswerLine, version: string): boolean {
  if (!isYes(value)) return false;
  const own = unverifiedQuestion(`base${version}.tgz`);
  return [...SIGNATURE_QUESTIONS, own, checksumQuestion(`base${version}.tgz`)].some((question) =>
    doesAnswer(key, question),
  );
}

function tooTrusting(line: AnswerLine, { standing }: Subject): readonly Finding[] {
  const version = versionOf(standing.release);
  if (!trustsAnything(line, version)) return [];
  const site = `site${version}.tgz`;
  const signature = SIGNATURE_QUESTIONS.some((question) => doesAnswer(line.key, question));
  const what = signature
    ? `${quoted(line.key)} = yes would also accept sets whose SHA256.sig is missing or has a bad signature`
    : `${quoted(line.key)} = yes would accept sets with a wrong checksum`;
  const fix = `for a site set write the whole questions: \`${keyOf(checksumQuestion(site))} = yes\` and \`${keyOf(unverifiedQuestion(site))} = yes\`; else delete the line`;
  return [error(signature ? 'accepts-bad-signature' : 'accepts-bad-checksum', line.line, what, fix)];
}

function siteFaults(subject: Subject): readonly Finding[] {
  const generic = `site${versionOf(subject.standing.release)}.tgz`;
  const selecting = subject.walk.askings.flatMap(({ question, answer }) =>
    question.name === 'set-names' && answer !== null ? answer : [],
  );
  const selected = selecting.find(({ value }) => selects(value, generic));
  const confirmed = confirmedSites(subject);
  // `all` may well be said where there is no site set.
  const named = selecting.find(({ value }) => /(?:^|\s)\+?site/.test(value) && selects(value, generic));
  const wanted = named === undefined ? confirmed : [...new Set([generic, ...confirmed])];
  if (wanted.length === 0) return [];
  const missing = missingConfirmations(subject, wanted, named?.line ?? null);
  if (selected !== undefined || !confirmed.includes(generic)) return missing;
  const what = `${generic} is confirmed but not selected: only a site set for one host is selected by itself`;
  const line = subject.lines.find(({ key }) => key.includes(generic))?.line ?? null;
  return [...missing, error('site-not-selected', line, what, 'add `Set name(s) = +site*`')];
}

/** Both questions about sets that OpenBSD has not signed end an unattended install unless they get a yes. */
function missingConfirmations(
  { lines }: Subject,
  sites: readonly string[],
  line: number | null,
): readonly Finding[] {
  const questions = [...sites.map(checksumQuestion), unverifiedQuestion(sites.join(' '))];
  return questions.flatMap((question) => {
    const answer = lines.find(({ key }) => doesAnswer(key, question));
    if (answer !== undefined && isYes(answer.value)) return [];
    const what = `a site set is not signed, so ${quoted(question)} is asked, and anything but yes ends the install`;
    return [error('site-unconfirmed', answer?.line ?? line, what, `write \`${keyOf(question)} = yes\``)];
  });
}

/** Site sets that the file names in an answer to either question. */
function confirmedSites({ lines, standing }: Subject): readonly string[] {
  const site = new RegExp(`\\bsite${versionOf(standing.release)}(?:-[\\w-]+(?:\\.[\\w-]+)*?)?\\.tgz`, 'g');
  const keys = lines.filter(({ key }) => /^(?:checksum test|unverified sets)/i.test(key));
  return [...new Set(keys.flatMap(({ key }) => key.match(site) ?? []))].sort((a, b) => a.length - b.length);
}

/** Whether an answer to `Set name(s)` selects a set: words that add, and patterns of ksh(1). */
function selects(answer: string, set: string): boolean {
  const words = answer.split(/\s+/).filter((word) => word !== '' && !word.startsWith('-'));
  return words.some((word) => {
    const pattern = word.replace(/^\+/, '');
    if (pattern === 'all') return true;
    const source = pattern
      .replace(/[.+^${}()|\\[\]]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`).test(set);
  });
}
