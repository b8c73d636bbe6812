/**
 * Collects evidence at a console whose install has failed, before anybody resets the machine: from the menu to a
 * shell, then one command after the other, each answer delimited; or what ddb(4) says. Pure, and fed by the same
 * line as the dialogue whose failure it follows. What it finds is left standing at a prompt that a human can use.
 */
import type { DialogueEvent } from './dialogue.ts';
import { DDB_QUESTIONS, type Place, type Question, SHELL_QUESTIONS } from './evidence/commands.ts';
import type { Evidence, Section } from './evidence/report.ts';
import {
  ask,
  finish,
  goOn,
  INTERRUPT,
  isBack,
  LIMITS,
  press,
  promptOf,
  TIMES,
  takeLines,
  type Work,
} from './evidence/work.ts';
import type { AnswerKind, PromptRow } from './prompts/row.ts';
import { findMarkers } from './prompts/table.ts';
import { show } from './screen.ts';
import type { Dialogue, Effect, Turn } from './turn.ts';
import { keepTyping, watchEcho } from './typing.ts';

export type { Evidence } from './evidence/report.ts';

export interface Collecting {
  /** The dialogue that failed: its screen, and its way to type. */
  readonly keyboard: Dialogue;
  /**
   * `finding`: until a known prompt stands there. `typing`: until the command's line is complete. `reading`: until
   * its end. `stopping`: it was interrupted, until the prompt is back.
   */
  readonly stage: 'finding' | 'typing' | 'reading' | 'stopping';
  readonly place: Place | null;
  /** What is still to be asked; the first is being asked. */
  readonly queue: readonly Question[];
  /** Of the command being asked; from 1. */
  readonly number: number;
  /** Its RETURN was sent. */
  readonly entered: boolean;
  /** What it has printed: completed lines. */
  readonly text: string;
  readonly status: number | null;
  readonly cut: string | null;
  readonly sections: readonly Section[];
  readonly startedAt: number;
  /** When the command was given, or the prompt began to be looked for. */
  readonly askedAt: number;
  /** When the console spoke last. */
  readonly heardAt: number;
  /** When to send a tick. */
  readonly wakeAt: number | null;
  /** The end, once it has come. */
  readonly done: Evidence | null;
}

const REBOOTED = 'the machine rebooted';
const HALTED = 'the machine halted';

/**
 * Begins where a dialogue ended, and is at its end already where the failure took the machine away. Null where nothing
 * may be typed: after a success, at a stall (a question that nobody understood waits for a human), and at the prompts of
 * other systems.
 */
export function startEvidence(dialogue: Dialogue, at: number): Collecting | null {
  const { failure, success, facts, aside } = dialogue;
  if (failure === null || failure.stall || success !== null || aside) return null;
  if (facts.manner === undefined || (facts.table?.system ?? 'OpenBSD') !== 'OpenBSD') return null;
  const keyboard = { ...dialogue, typing: null, asked: null, waiting: null };
  return {
    keyboard,
    stage: 'finding',
    place: null,
    queue: [],
    number: 0,
    entered: false,
    text: '',
    status: null,
    cut: null,
    sections: [],
    startedAt: at,
    askedAt: at,
    heardAt: at,
    wakeAt: failure.reboots ? null : at + TIMES.settle,
    done: failure.reboots ? { sections: [], cut: REBOOTED, stands: null } : null,
  };
}

/** @returns the state after it, and what to write; only effects `type` and `write` */
export function stepEvidence(state: Collecting, event: DialogueEvent): [Collecting, readonly Effect[]] {
  if (state.done !== null) return [state, []];
  const turn: Turn = { next: { ...state.keyboard }, effects: [], at: event.at };
  const work: Work = { next: { ...state, keyboard: turn.next }, turn };
  if (event.kind === 'closed') finish(work, 'the console closed');
  else if (event.kind === 'input' || event.kind === 'taken') finish(work, 'somebody took the console');
  else {
    if (event.kind === 'output') takeOutput(work, event.text);
    if (work.next.done === null) advance(work);
  }
  work.next.wakeAt = work.next.done === null ? wakeAtOf(work) : null;
  return [work.next, turn.effects];
}

function takeOutput(work: Work, text: string): void {
  const { next, turn } = work;
  next.heardAt = turn.at;
  const lines: string[] = [];
  turn.next.screen = show(turn.next.screen, text, lines);
  watchEcho(turn, lines.length);
  const gone = lines.flatMap((line) => goneBy(work, line));
  if (gone[0] === undefined) takeLines(work, lines);
  else finish(work, gone[0]);
}

/**
 * Why nothing answers any more, by a line that the machine prints as it goes down or comes up again. dmesg(8) shows
 * the kernel's lines, of earlier boots too, and nothing shows the loader's and the installer's.
 */
function goneBy({ next, turn }: Work, line: string): readonly string[] {
  const reading = next.entered && next.stage !== 'finding';
  return findMarkers(line, turn.next.facts.table).flatMap(({ name, means }) => {
    if (name === 'welcome' || (means.kind === 'phase' && means.phase === 'boot-loader')) return [REBOOTED];
    if (reading) return [];
    if (name === 'halted') return [HALTED];
    const rebooted =
      name === 'rebooting' || means.kind === 'release' || (means.kind === 'fatal' && means.reboots);
    return rebooted ? [REBOOTED] : [];
  });
}

function advance(work: Work): void {
  const { next, turn } = work;
  keepTyping(turn);
  if (turn.next.typing?.stage === 'returned') next.entered = true;
  if (past(turn, next.startedAt, LIMITS.seconds)) finish(work, 'it took too long');
  else ADVANCE[next.stage](work);
}

const ADVANCE: Record<Collecting['stage'], (work: Work) => void> = {
  finding(work) {
    const { next, turn } = work;
    const row = promptOf(work);
    // Not the single-user prompt, which asks for a shell.
    const way = row === null || row.name === 'single-user' ? undefined : WAYS[row.answer];
    const settled = row !== null && past(turn, next.heardAt, TIMES.settle);
    if (settled && way !== undefined) way(work, row);
    else if (settled && LAST_WORDS.has(row.answer)) {
      finish(work, `the machine stands at ${JSON.stringify(turn.next.screen.line.trimEnd())}`);
    } else if (past(turn, next.askedAt, TIMES.find)) finish(work, 'no shell and no menu came');
  },

  typing(work) {
    const { next, turn } = work;
    if (turn.next.typing !== null) return;
    if (!next.entered) return finish(work, 'the line loses or doubles characters');
    next.stage = 'reading';
    ADVANCE.reading(work);
  },

  reading(work) {
    const { next, turn } = work;
    const settled = past(turn, next.heardAt, next.place === 'ddb' ? TIMES.settle : TIMES.back);
    if (isBack(work) && (next.status !== null || settled)) return goOn(work);
    const cut =
      next.text.length > LIMITS.characters
        ? 'cut: it printed too much'
        : past(turn, next.heardAt, TIMES.silence) || past(turn, next.askedAt, TIMES.command)
          ? 'cut: it did not end in time'
          : null;
    if (cut === null || next.cut !== null) return;
    next.cut = cut;
    next.stage = 'stopping';
    next.heardAt = turn.at;
    if (next.place === 'shell') press(work, INTERRUPT);
  },

  stopping(work) {
    const { next, turn } = work;
    if (isBack(work) && past(turn, next.heardAt, TIMES.settle)) goOn(work);
    else if (past(turn, next.heardAt, TIMES.find)) finish(work, 'the machine does not answer');
  },
};

/** From each prompt to the commands. At any other one nothing is typed. */
const WAYS: Partial<Record<AnswerKind, (work: Work, row: PromptRow) => void>> = {
  menu(work, row) {
    if (work.next.place === 'shell') return finish(work, 'the menu came back');
    work.next.place = 'shell';
    ask(work, 's', row.name);
    // Its end is the shell's prompt, which is looked for as before.
    work.next.stage = 'finding';
  },
  shell: (work) => begin(work, 'shell', SHELL_QUESTIONS),
  'last-shell': (work) => begin(work, 'shell', SHELL_QUESTIONS),
  ddb: (work) => begin(work, 'ddb', DDB_QUESTIONS),
};

/** No menu and no shell comes behind these. */
const LAST_WORDS: ReadonlySet<AnswerKind> = new Set(['login', 'stopped']);

function begin(work: Work, place: Place, queue: readonly Question[]): void {
  work.next.place = place;
  work.next.queue = queue;
  goOn(work);
}

/** As `wakeAtOf` reckons, so that a tick that comes exactly then is not too early. */
const past = ({ at }: Turn, from: number, seconds: number): boolean => at >= from + seconds;

/** The earliest moment at which one of the waits above may end. */
function wakeAtOf({ next, turn }: Work): number {
  const ends = [TIMES.settle, TIMES.back, TIMES.find, TIMES.silence].map((seconds) => next.heardAt + seconds);
  const all = [
    ...ends,
    next.askedAt + TIMES.find,
    next.askedAt + TIMES.command,
    next.startedAt + LIMITS.seconds,
    turn.next.typing?.dueAt ?? Number.POSITIVE_INFINITY,
  ];
  return Math.min(...all.filter((end) => end > turn.at));
}
