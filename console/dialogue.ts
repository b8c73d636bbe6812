/**
 * The console driver's mind: what the machine prints goes in, what to type and how the install stands comes
 * out. Pure; output may be cut into pieces anywhere without changing anything.
 */
import { brokenAt, furtherHeads, saysNothing } from './kernel-text.ts';
import {
  conclude,
  deadlineOf,
  enterPhase,
  expire,
  fail,
  isBystanding,
  noteNews,
  succeed,
  tell,
} from './outcome.ts';
import { UPGRADE_BEGINS } from './phase.ts';
import { hearProd, prod, prodOf, startProdAnew } from './prod.ts';
import { endPrompt, goOnAtPrompt, reportPrompt, watchPrompt } from './prompting.ts';
import type { MarkerRow } from './prompts/row.ts';
import { findMarkers, findProgress } from './prompts/table.ts';
import { BLANK_SCREEN, show } from './screen.ts';
import { endOf } from './tail.ts';
import {
  copyOf,
  type Dialogue,
  type DialogueEvent,
  type DialogueFacts,
  type Effect,
  type Turn,
} from './turn.ts';
import { isEntering, keepTyping, stopTyping, watchEcho } from './typing.ts';

export { type Standing, standingOf } from './outcome.ts';
export type { Phase } from './phase.ts';
export { isPassing } from './prompting.ts';
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

function takeLine(turn: Turn, line: string): void {
  const { next } = turn;
  const at = brokenAt(line);
  endPrompt(turn, line);
  takeProgress(turn, line);
  if (at < 0) {
    if (next.timer && !saysNothing(line)) next.timer = false;
    takeText(turn, line);
  } else {
    next.heads = furtherHeads(next.heads, line, at);
    takeMarkers(turn, line.slice(at));
  }
}

/** A line of the guest's own, perhaps the rest of one that the kernel broke into: the likeliest beginning counts. */
function takeText(turn: Turn, line: string): void {
  const { next } = turn;
  const { heads } = next;
  if (heads.length > 0) {
    next.heads = [];
    for (const head of heads) takeProgress(turn, head + line);
    for (const head of heads) if (takeMarkers(turn, head + line)) return;
  }
  takeMarkers(turn, line);
}

/** @returns whether there were any */
function takeMarkers(turn: Turn, text: string): boolean {
  const markers = findMarkers(text, turn.next.facts.table);
  for (const marker of markers) {
    if (!isBystanding(turn.next) || UPGRADE_BEGINS.has(marker.name)) heed(turn, marker, text);
  }
  return markers.length > 0;
}

function takeProgress(turn: Turn, line: string): void {
  const { next, effects } = turn;
  const progress = findProgress(line);
  // Firmware is fetched with the same words: by a guest at its work, and at the first boot.
  if (progress === null || isBystanding(next) || next.success !== null) return;
  if (next.progress?.file === progress.file && next.progress.stage === progress.stage) {
    if (next.progress.percent === progress.percent) return;
  }
  next.progress = progress;
  enterPhase(turn, progress.stage === 'fetch' ? 'sets-fetch' : 'sets-install');
  effects.push({ kind: 'progress', ...progress });
}

function heed(turn: Turn, { name, means, line: pattern }: MarkerRow, line: string): void {
  const { next, effects } = turn;
  const [matched = line, group] = pattern.exec(line) ?? [];
  switch (means.kind) {
    case 'phase':
      if (means.afterDone !== true || next.success !== null) enterPhase(turn, means.phase);
      break;
    case 'release':
      if (group !== undefined && group !== next.release) {
        next.release = group;
        effects.push({ kind: 'release', release: group });
      }
      enterPhase(turn, means.phase);
      break;
    case 'timer':
      next.timer = true;
      break;
    case 'automatic':
      enterPhase(turn, 'questions');
      next.answering = 'installer';
      break;
    case 'done':
      succeed(turn, means.outcome);
      break;
    case 'fatal':
      fail(turn, means.reason ?? matched.trim());
      if (name === 'site' && next.failure !== null) next.failure = { ...next.failure, lasting: true };
      if (means.reboots && next.failure !== null) next.failure = { ...next.failure, reboots: true };
      break;
    case 'gave-up':
      fail(turn, next.suspect ?? matched.trim());
      break;
    case 'suspect':
      if (means.phase !== undefined) enterPhase(turn, means.phase);
      next.suspect = matched.trim();
      noteNews(turn);
      break;
  }
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
