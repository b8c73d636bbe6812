/** An unattended run of the installer with a response file, as far as its questions and answers go. */
import { takeAnswer } from './match.ts';
import { loginIn, type Mode, type Question } from './question.ts';
import type { Answer } from './response-file.ts';

/** An answer with the number of its line, from 1. */
export interface AnswerLine extends Answer {
  readonly line: number;
}

/** One question, as it is asked in this run. */
export interface Asking {
  readonly question: Question;
  /** Its wordings, of which the installer uses one. */
  readonly texts: readonly string[];
  /** Null for the default. */
  readonly answer: AnswerLine | null;
  /** False where the machine or the network decide whether it is asked. */
  readonly certain: boolean;
}

export interface Walk {
  readonly askings: readonly Asking[];
  /** What no question took, in the order of the file. */
  readonly unused: readonly AnswerLine[];
}

export interface WalkFacts {
  readonly release: string;
  readonly mode: Mode;
}

/** @param questions those of the release and the mode, in their order */
export function walk(questions: readonly Question[], lines: readonly AnswerLine[], facts: WalkFacts): Walk {
  const run: Run = { facts, lines, left: lines, given: new Map(), askings: [] };
  for (const group of groupsOf(questions)) {
    if (group[0]?.group === undefined) for (const question of group) askAsOften(run, question);
    else askGroup(run, group);
  }
  return { askings: run.askings, unused: run.left };
}

/** The release's two digits as they stand in the names of sets. */
export const versionOf = (release: string): string => release.replace('.', '');

interface Run {
  readonly facts: WalkFacts;
  readonly lines: readonly AnswerLine[];
  left: readonly AnswerLine[];
  readonly given: Map<string, string>;
  readonly askings: Asking[];
}

function groupsOf(questions: readonly Question[]): readonly (readonly Question[])[] {
  const groups: Question[][] = [];
  for (const question of questions) {
    const last = groups.at(-1);
    if (last !== undefined && last[0]?.group === question.group) last.push(question);
    else groups.push([question]);
  }
  return groups;
}

/** The first of a group decides: the others follow until its answer is `done`, which is its later default. */
function askGroup(run: Run, [leader, ...others]: readonly Question[]): void {
  if (leader === undefined) return;
  const addresses: Addresses[] = [];
  for (let pass = 0; pass <= run.lines.length + 1; pass += 1) {
    const later: Question = { ...leader, fallback: { kind: 'default', value: 'done' } };
    if (ask(run, pass === 0 ? leader : later, leader.text).value === 'done') break;
    if (leader.group === 'interface') run.given.set('nic', nicOf(run, pass));
    for (const question of others) askAsOften(run, question);
    addresses.push([run.given.get('ipv4') ?? '', run.given.get('ipv6') ?? '']);
  }
  if (leader.group === 'interface') sumUp(run, addresses);
}

type Addresses = readonly [ipv4: string, ipv6: string];

/** Routes are asked for all interfaces together: DHCP on one of them brings that of IPv4, none that of IPv6. */
function sumUp({ given }: Run, addresses: readonly Addresses[]): void {
  const leased = addresses.find(([ipv4]) => /^(?:autoconf|dhcp)$/.test(ipv4));
  if (leased !== undefined) given.set('ipv4', leased[0]);
  const fixed = addresses.find(([, ipv6]) => ipv6.includes(':'));
  if (fixed !== undefined) given.set('ipv6', fixed[1]);
}

function askAsOften(run: Run, question: Question): void {
  if (question.when !== undefined && !question.when(run.given)) return;
  if (/\{sets?\}/.test(question.text[0])) {
    for (const texts of aboutSets(run, question)) ask(run, question, texts);
    return;
  }
  for (;;) {
    const { value, taken } = ask(run, question, question.text);
    if (question.repeats !== true || !taken || value === 'done' || value === 'abort') return;
  }
}

function ask(
  run: Run,
  question: Question,
  wordings: readonly string[],
): { readonly value: string; readonly taken: boolean } {
  const texts = wordings.map((text) => fill(run, text));
  let answer: AnswerLine | null = null;
  for (const text of texts) {
    if (answer !== null) break;
    const taken = takeAnswer(run.left, text);
    ({ answer } = taken);
    run.left = taken.rest;
  }
  const { fallback } = question;
  const value = answer?.value ?? (fallback.kind === 'default' ? fill(run, fallback.value) : '');
  run.given.set(question.name, value);
  if (question.name === 'interface' && answer === null && value !== 'done') {
    run.given.set('interface', nicOf(run, 0));
  }
  const certain = question.asked === undefined || question.when !== undefined;
  run.askings.push({ question, texts, answer, certain });
  return { value, taken: answer !== null };
}

const NIC = /^[a-z]+\d+$/;

/** The interface that was chosen by its name; by its lladdr or default it is the one that the keys speak of. */
function nicOf(run: Run, pass: number): string {
  const chosen = run.given.get('interface') ?? '';
  if (NIC.test(chosen)) return chosen;
  const named = run.lines.flatMap(({ key }) => / for ([a-z]+\d+)\b/i.exec(key)?.[1]?.toLowerCase() ?? []);
  const nics = [...new Set(named)];
  return nics[pass] ?? nics[0] ?? 'vio0';
}

function fill(run: Run, text: string): string {
  const { given, facts } = run;
  return text
    .replaceAll('{nic}', given.get('nic') ?? nicOf(run, 0))
    .replaceAll('{user}', loginIn(given) ?? '')
    .replaceAll('{zone}', given.get('timezone') ?? '')
    .replaceAll('{mode}', facts.mode)
    .replaceAll('{release}', facts.release);
}

/** Which sets will make trouble nobody knows: those that the file speaks of may, and any other. */
function aboutSets({ lines, facts }: Run, { text }: Question): readonly (readonly string[])[] {
  const version = versionOf(facts.release);
  const known = new RegExp(`^(?:bsd(?:\\.rd|\\.mp)?|[a-z]+${version}(?:-[\\w.-]+)?\\.tgz|BUILDINFO)$`);
  const spoken = lines.flatMap(({ key }) => key.split(/[\s.']+(?=\s|$)|[\s']+/));
  const sets = [...new Set([...spoken.filter((word) => known.test(word)), `base${version}.tgz`])];
  const lists = lines.flatMap(({ key }) => /^Unverified sets: (\S.*?)\. /i.exec(key)?.[1] ?? []);
  const whole = lists.filter((list) => list.split(' ').every((set) => known.test(set)));
  return [...sets, ...new Set(whole)]
    .filter((set, index, all) => all.indexOf(set) === index)
    .filter((set) => !set.includes(' ') || text[0].includes('{sets}'))
    .map((set) => text.map((wording) => wording.replaceAll('{set}', set).replaceAll('{sets}', set)));
}
