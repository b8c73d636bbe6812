/**
 * The console driver's mind: what the machine prints goes in, what to type and how the install stands comes
 * out. Pure; output may be cut into pieces anywhere without changing anything.
 */
import { takeLine, takeProgress } from './lines.ts';
import { conclude, deadlineOf, expire, noteNews, tell } from './outcome.ts';
import { hearProd, prod, prodOf, startProdAnew } from './prod.ts';
import { goOnAtPrompt, reportPrompt, watchPrompt } from './prompting.ts';
import { BLANK_SCREEN, show } from './screen.ts';
import { endOf } from './tail.ts';
import type { Dialogue, DialogueEvent, DialogueFacts, Effect, Turn } from './turn.ts';
import { isEntering, keepTyping, stopTyping, watchEcho } from './typing.ts';

export { type Standing, standingOf } from './outcome.ts';
export type { Phase } from './phase.ts';
export { tailOf } from './tail.ts';
export type { Dialogue, DialogueEvent, DialogueFacts, Effect, Outcome, Telling } from './turn.ts';

/** @param at the time of the start, in the seconds that all events use */
export function startDialogue(facts: DialogueFacts, at = 0): Dialogue {
  const dialogue: Dialogue = {
    facts,
    screen: BLANK_SCREEN,
    tail: [],
    heads: [],
    release: facts.release ?? null,
    phase: null,
    newsAt: at,
    answering: null,
    timer: false,
    answers: facts.answers,
    password: null,
    waiting: null,
    asked: null,
    unechoed: null,
    answered: null,
    unasked: 0,
    typing: null,
    aside: false,
    lastKey: '\r',
    recent: [],
    progress: null,
    suspect: null,
    failure: null,
    success: null,
    told: null,
    prod: prodOf(facts, at),
    wakeAt: null,
  };
  return { ...copyOf(dialogue), wakeAt: wakeAtOf(dialogue) };
}

/** A dialogue to work on. Written out, as spreading so many fields at each step costs as much as the step. */
const copyOf = (dialogue: Dialogue): Turn['next'] => ({
  facts: dialogue.facts,
  screen: dialogue.screen,
  tail: dialogue.tail,
  heads: dialogue.heads,
  release: dialogue.release,
  phase: dialogue.phase,
  newsAt: dialogue.newsAt,
  answering: dialogue.answering,
  timer: dialogue.timer,
  answers: dialogue.answers,
  password: dialogue.password,
  waiting: dialogue.waiting,
  asked: dialogue.asked,
  unechoed: dialogue.unechoed,
  answered: dialogue.answered,
  unasked: dialogue.unasked,
  typing: dialogue.typing,
  aside: dialogue.aside,
  lastKey: dialogue.lastKey,
  recent: dialogue.recent,
  progress: dialogue.progress,
  suspect: dialogue.suspect,
  failure: dialogue.failure,
  success: dialogue.success,
  told: dialogue.told,
  prod: dialogue.prod,
  wakeAt: dialogue.wakeAt,
});

/**
 * Takes one event in. Events must come in the order of their times.
 * @returns the dialogue after it, and what to do now, in this order
 */
export function step(dialogue: Dialogue, event: DialogueEvent): [Dialogue, readonly Effect[]] {
  const turn: Turn = { next: copyOf(dialogue), effects: [], at: event.at };
  if (dialogue.wakeAt !== null && dialogue.wakeAt <= event.at) catchUp(turn);
  if (event.kind === 'output') takeOutput(turn, event.text);
  if (event.kind === 'input') takeInput(turn);
  if (event.kind === 'taken') stepAside(turn);
  if (event.kind === 'given') goOn(turn, event.lastKey);
  if (event.kind === 'closed') conclude(turn);
  // Typing goes by the present time: its pauses must not shrink, nor an echo count as late that has just come.
  if (turn.next.typing !== null) continueTyping(turn);
  tell(turn);
  turn.next.wakeAt = wakeAtOf(turn.next);
  return [turn.next, turn.effects];
}

/** What fell due before this event happened at its own time, even where the tick came late or not at all. */
function catchUp(turn: Turn): void {
  for (let due = dueAtOf(turn.next); due <= turn.at; due = dueAtOf(turn.next)) wake({ ...turn, at: due });
}

/** Each cause is gone afterwards: the prompt is reported, the deadline has its outcome, the RETURN is sent. */
function wake(turn: Turn): void {
  const { next, at } = turn;
  if (next.waiting !== null && at >= next.waiting.settledAt) reportPrompt(turn, 'us');
  const deadline = deadlineOf(next);
  if (deadline !== null && at >= deadline) expire(turn);
  if (next.prod !== null && at >= next.prod.at) prod(turn);
  tell(turn);
}

/** The installer went on without the answer that is being typed. */
function abandonPrompt(turn: Turn): void {
  if (isEntering(turn)) turn.next.asked = null;
  stopTyping(turn, 'us');
}

function continueTyping(turn: Turn): void {
  keepTyping(turn);
  if (turn.next.typing === null) watchPrompt(turn);
}

function takeOutput(turn: Turn, text: string): void {
  const { next } = turn;
  const { phase } = next;
  const lines: string[] = [];
  next.screen = show(next.screen, text, lines);
  for (const line of lines) takeLine(turn, line);
  if (lines.length > 0) next.tail = endOf(next.tail, lines);
  takeProgress(turn, next.screen.line);
  for (const head of next.heads) takeProgress(turn, head + next.screen.line);
  if (next.phase !== phase && next.typing !== null) abandonPrompt(turn);
  watchEcho(turn, lines.length);
  watchPrompt(turn);
  hearProd(turn, text);
}

function takeInput(turn: Turn): void {
  const { next } = turn;
  stopTyping(turn, 'somebody');
  reportPrompt(turn, 'somebody');
  if (next.asked !== null) next.asked = { ...next.asked, touched: true };
}

/** Whoever takes the line kills what stands on it; the answer is typed again if nobody gives another one. */
function stepAside({ next }: Turn): void {
  next.aside = true;
  if (next.typing !== null && next.asked !== null) next.asked = { ...next.asked, interrupted: next.typing };
  next.typing = null;
}

function goOn(turn: Turn, lastKey: string): void {
  const { next } = turn;
  next.aside = false;
  next.lastKey = lastKey;
  startProdAnew(turn);
  noteNews(turn);
  goOnAtPrompt(turn);
}

/** When something happens without any event; infinite when nothing does, as while a human holds the line. */
function dueAtOf(dialogue: Dialogue): number {
  if (dialogue.aside) return Number.POSITIVE_INFINITY;
  const settledAt = dialogue.waiting?.settledAt ?? Number.POSITIVE_INFINITY;
  const deadline = deadlineOf(dialogue) ?? Number.POSITIVE_INFINITY;
  return Math.min(settledAt, deadline, dialogue.prod?.at ?? Number.POSITIVE_INFINITY);
}

function wakeAtOf(dialogue: Dialogue): number | null {
  const at = Math.min(dueAtOf(dialogue), dialogue.typing?.dueAt ?? Number.POSITIVE_INFINITY);
  return at === Number.POSITIVE_INFINITY ? null : at;
}
