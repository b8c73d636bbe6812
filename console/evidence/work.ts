/** What collecting evidence does to its state. */
import type { Collecting } from '../evidence.ts';
import { secretsOf } from '../mask.ts';
import type { PromptRow } from '../prompts/row.ts';
import { findPrompt } from '../prompts/table.ts';
import { atEnd } from '../screen.ts';
import type { Turn } from '../turn.ts';
import { typeAnswer } from '../typing.ts';
import { diskQuestions, findMarker, marked, PAGER, type Question } from './commands.ts';
import { type Section, withoutSecrets } from './report.ts';

/** One step at work; see `Turn`. `next.keyboard` is `turn.next`. */
export interface Work {
  readonly next: { -readonly [Key in keyof Collecting]: Collecting[Key] };
  readonly turn: Turn;
}

/** Seconds. */
export const TIMES = {
  /** Silence at a prompt before it is typed at. */
  settle: 0.3,
  /** Silence at the prompt after which a command has ended whose marker was lost. */
  back: 3,
  /** Until a prompt comes at all: after a panic the kernel first prints a trace. */
  find: 15,
  /** A command that prints nothing. */
  silence: 20,
  /** One command: 64 KB at 9600 baud take a minute. */
  command: 120,
} as const;

export const LIMITS = {
  /** Of one command's answer. */
  characters: 128 * 1024,
  /** All together. */
  seconds: 300,
} as const;

export const INTERRUPT = '\x03';

/** Types a command; its line is complete once `entered`. */
export function ask({ next, turn }: Work, command: string, rule: string): void {
  next.stage = 'typing';
  next.entered = false;
  next.askedAt = turn.at;
  next.heardAt = turn.at;
  const prompt = turn.next.screen.line;
  typeAnswer(turn, { text: command, secret: false, rule, prompt, afresh: false });
  if (turn.next.typing?.stage === 'returned') next.entered = true;
}

/** The prompt that waits on the open line; null while something is being typed at it. */
export function promptOf({ turn }: Work): PromptRow | null {
  const { screen, release, facts, typing } = turn.next;
  return atEnd(screen) && typing === null ? findPrompt(screen.line, release, facts.table) : null;
}

/** The prompt behind which the commands are given. */
export function isBack(work: Work): boolean {
  const answer = promptOf(work)?.answer;
  return work.next.place === 'ddb' ? answer === 'ddb' : answer === 'shell' || answer === 'last-shell';
}

/** A key that no echo is awaited for. */
export function press({ turn }: Work, key: string): void {
  turn.effects.push({ kind: 'type', text: key, secret: false, rule: 'evidence' });
  turn.effects.push({ kind: 'write', text: key });
  turn.next.lastKey = key.slice(-1);
}

/** Takes completed lines for the answer, and turns ddb's pages. */
export function takeLines(work: Work, lines: readonly string[]): void {
  const { next, turn } = work;
  // The first line behind the RETURN is the echo of the command.
  const answer = next.stage === 'typing' ? (next.entered ? lines.slice(1) : []) : lines;
  if (next.stage !== 'finding') for (const line of answer) takeLine(work, line);
  if (next.place === 'ddb' && next.stage !== 'finding' && PAGER.test(turn.next.screen.line)) {
    press(work, next.cut === null && next.text.length <= LIMITS.characters ? ' ' : 'q');
  }
}

function takeLine({ next }: Work, line: string): void {
  const marker = next.place === 'shell' ? findMarker(line, next.number) : null;
  if (marker !== null) next.status = marker.status;
  const text = (marker?.before ?? line).replace(PAGER, '').trimEnd();
  if ((marker !== null && text === '') || next.text.length > LIMITS.characters) return;
  next.text += `${text}\n`;
}

/** Keeps what was answered, and asks the next. */
export function goOn(work: Work): void {
  const { next } = work;
  const asked = next.number === 0 ? undefined : next.queue[0];
  const rest = next.queue.slice(asked === undefined ? 0 : 1);
  if (asked !== undefined) {
    const section = sectionOf(work, asked.command);
    next.sections = [...next.sections, section];
    const failed = section.status !== null && section.status !== 0;
    if (failed && asked.otherwise !== undefined) rest.unshift({ command: asked.otherwise });
    if (asked.command === 'dmesg') rest.push(...diskQuestions(section.text));
  }
  const [question] = rest;
  if (question === undefined) finish(work, null);
  else give(work, question, rest);
}

function give(work: Work, question: Question, queue: readonly Question[]): void {
  const { next, turn } = work;
  const number = next.number + 1;
  Object.assign(next, { queue, number, text: '', status: null, cut: null });
  const command = next.place === 'shell' ? marked(question.command, number) : question.command;
  ask(work, command, next.place === 'ddb' ? 'ddb' : 'shell');
  if (turn.next.typing === null && !next.entered) finish(work, 'nothing can be typed here');
}

/** The end. What the command at work has printed so far is kept. */
export function finish(work: Work, cut: string | null): void {
  const { next } = work;
  const asked = next.number > 0 ? next.queue[0] : undefined;
  const half =
    cut === null || asked === undefined || next.text === ''
      ? []
      : [{ ...sectionOf(work, asked.command), cut: `cut: ${cut}` }];
  next.done = { sections: [...next.sections, ...half], cut, stands: isBack(work) ? next.place : null };
}

function sectionOf({ next, turn }: Work, command: string): Section {
  const text = withoutSecrets(next.text.trimEnd(), secretsOf(turn.next.facts.answers));
  return { command, text, status: next.status, cut: next.cut };
}
