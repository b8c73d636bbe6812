/** From text at the end of the output to a prompt that waits, and to what is typed at it. */
import { decide, isWornOut, NOTHING } from './decide.ts';
import { saysNothing, tornHeads } from './kernel-text.ts';
import { enterPhase, fail, isBystanding, noteNews } from './outcome.ts';
import type { AnswerKind, PromptRow } from './prompts/row.ts';
import { findPrompt } from './prompts/table.ts';
import { atEnd } from './screen.ts';
import type { Asked, Decision, Dialogue, Turn, Waiting } from './turn.ts';
import { isEntering, resumeTyping, typeAnswer } from './typing.ts';

/** Silence after which text that could go on counts as a prompt that waits. Seconds. */
export const SETTLE_SECONDS = 0.15;
/** The same where nothing would be typed: there is no hurry, and it may be no prompt at all. */
const UNANSWERED_SETTLE_SECONDS = 0.5;
/**
 * A prompt that comes again before its answer was echoed was drawn again, because a kernel message had come
 * in between, and takes the answer that is already under way. Standing for this long, it has lost it.
 */
const REDRAWN_SETTLE_SECONDS = 3;

/** autoinstall answers its own questions at once: what stands for this long was asked by something else. */
const STUCK_SECONDS = 10;

/** A prompt that the kernel tore is drawn again within half a second, or not at all. */
const TORN_SETTLE_SECONDS = 1;

/** How many answered prompts are remembered. */
const RECENT = 24;

/** Prompts that show, while autoinstall answers its own questions, that it does so no more. */
const BREAKS_IN: ReadonlySet<AnswerKind> = new Set([
  'menu',
  'shell',
  'last-shell',
  'stopped',
  'ddb',
  'login',
  'reboot',
]);

/** Looks at the open line after output. Reports at once what cannot go on, else notes when it will have settled. */
export function watchPrompt(turn: Turn): void {
  const { next, at } = turn;
  if (isBystanding(next)) return;
  // One prompt a line: whatever stands behind it is its default, an echo, or the same prompt drawn again.
  if (next.asked !== null || !atEnd(next.screen)) {
    next.waiting = null;
    return;
  }
  const seen = findOpen(next);
  if (seen !== null && next.waiting?.text === seen.text) return;
  next.waiting = seen === null ? null : waitingFor(turn, seen);
  if (next.waiting !== null && next.waiting.settledAt <= at && !next.aside) reportPrompt(turn, 'us');
}

/**
 * A human has given the line back. What still waits there is answered now, and an answer that he interrupted is
 * given again; where he has typed himself, that is the answer.
 */
export function goOnAtPrompt(turn: Turn): void {
  const { next, at } = turn;
  const { waiting, asked } = next;
  if (waiting !== null) {
    next.waiting = { ...waiting, settledAt: Math.max(waiting.settledAt, at + SETTLE_SECONDS) };
  }
  if (asked?.interrupted === undefined) return;
  const { interrupted, ...standing } = asked;
  next.asked = standing;
  if (!standing.touched) resumeTyping(turn, interrupted);
}

interface Seen {
  readonly row: PromptRow;
  readonly text: string;
  /** It is put together from both sides of what the kernel printed into it. */
  readonly torn: boolean;
}

/** The prompt on the open line, which may have begun on an earlier one. */
function findOpen({ screen, release, tail, heads, unasked, facts }: Dialogue): Seen | null {
  const { line } = screen;
  const row = findPrompt(line, release, facts.table);
  const whole = row === null ? null : { row, text: line, torn: false };
  if (unasked === 0 || heads.length === 0 || !MAY_END_PROMPT.test(line)) return whole;
  for (const head of tornHeads(tail.slice(-unasked))) {
    const again = drawnAgain(head, line);
    const text = again ?? head + line;
    const torn = findPrompt(text, release, facts.table);
    if (torn === null || torn.answer === 'unknown') continue;
    const better = row === torn ? needsHead(torn, text, head) : row === null || row.answer === 'unknown';
    if (better) return { row: torn, text, torn: again === null };
  }
  return whole;
}

/** Some prompts are known by their end alone; one that stands whole behind the head belongs to another line. */
const needsHead = ({ prompt }: PromptRow, text: string, head: string): boolean =>
  text.search(prompt) < head.length;

/** The prompt whose end stands before it on the line, because the installer noticed the kernel's message; or null. */
function drawnAgain(head: string, line: string): string | null {
  const rest = (line.length - head.length) / 2;
  if (!Number.isInteger(rest) || rest < 0) return null;
  const text = line.slice(rest);
  return text === head + line.slice(0, rest) ? text : null;
}

/** What is left of a torn prompt, which may be nothing. */
const MAY_END_PROMPT = /^$| $/;

/**
 * The prompt that is being watched waits.
 * @param typist `us` when it has settled, `somebody` when another has typed at it already
 */
export function reportPrompt(turn: Turn, typist: 'us' | 'somebody'): void {
  const { next, effects } = turn;
  const { waiting } = next;
  if (waiting === null) return;
  const { row, text, at } = waiting;
  const decision = decisionFor(turn, waiting);
  next.waiting = null;
  next.unechoed = null;
  next.timer = false;
  if (row.phase !== null) enterPhase({ ...turn, at }, row.phase);
  if (next.phase === 'questions' && row.phase === 'questions') next.answering ??= 'us';
  // Drawn again, and answered by whoever types here: it was told when it was first seen.
  if (typist === 'us' || waiting.redrawn === null)
    effects.push({ kind: 'prompt', at, name: row.name, text: text.trimEnd(), answer: decision.shown });
  next.asked = { text, at, decision, touched: typist === 'somebody' };
  next.answers = decision.answers ?? next.answers;
  next.password = decision.password ?? next.password;
  if (decision.failure !== null) fail(turn, decision.failure);
  if (decision.typed === null) return;
  noteNews(turn);
  next.recent = [...next.recent.slice(1 - RECENT), text];
  if (typist === 'somebody') return;
  const { typed, secret } = decision;
  typeAnswer(turn, { text: typed, secret, rule: row.name, prompt: text, afresh: waiting.redrawn !== null });
}

function decisionFor(turn: Turn, { row, text, redrawn }: Waiting): Decision {
  const { next } = turn;
  if (isLeftAlone(turn, row) && !isOfSite(turn, row)) return NOTHING;
  if (redrawn === null) return decide(next, row, text);
  return isWornOut(next, text) ? NOTHING : redrawn.decision;
}

/** The open line was completed, so the prompt on it is over, unless an answer is still being typed at it. */
export function endPrompt(turn: Turn, line: string): void {
  const { next } = turn;
  next.waiting = null;
  next.unasked += 1;
  if (isEntering(turn)) return;
  if (next.asked === null) {
    if (next.answered !== null && !saysNothing(line)) next.answered = null;
    return;
  }
  if (next.asked.decision.shown === null) turn.effects.push({ kind: 'moved-on', at: turn.at });
  next.unechoed = isEcho(next.asked, line) ? null : next.asked;
  next.answered = next.asked.decision.typed === null ? null : next.asked.text;
  next.asked = null;
  next.unasked = 0;
}

function waitingFor(turn: Turn, { row, text, torn }: Seen): Waiting {
  const { next, at } = turn;
  const redrawn = next.unechoed?.text === text ? next.unechoed : null;
  const seconds = settleOf(turn, row, text, redrawn);
  return {
    row,
    text,
    at,
    redrawn,
    settledAt: at + (torn ? Math.max(seconds, TORN_SETTLE_SECONDS) : seconds),
  };
}

function settleOf(turn: Turn, row: PromptRow, text: string, redrawn: Asked | null): number {
  if (isLeftAlone(turn, row)) {
    return row.answer === 'unknown' || isOfSite(turn, row) ? STUCK_SECONDS : Number.POSITIVE_INFINITY;
  }
  if (redrawn !== null) {
    return redrawn.decision.typed === null ? Number.POSITIVE_INFINITY : REDRAWN_SETTLE_SECONDS;
  }
  // The answer was echoed, and may still be read by the same question drawn again.
  if (turn.next.answered === text) return REDRAWN_SETTLE_SECONDS;
  const complete = row.tail === 'exact' || (row.answer !== 'password' && text.endsWith('] '));
  if (complete) return 0;
  return decide(turn.next, row, text).typed === null ? UNANSWERED_SETTLE_SECONDS : SETTLE_SECONDS;
}

/** It goes on without anybody: autoinstall answers its own questions and, with the timer, starts itself. */
function isLeftAlone({ next }: Turn, row: PromptRow): boolean {
  if (row.answer === 'itself') return true;
  if (next.answering === 'installer') return !BREAKS_IN.has(row.answer);
  return row.answer === 'menu' && next.timer && next.facts.mode === 'auto';
}

/** Not autoinstall asks, but a site's own script, and the operator's own table knows the answer. */
const isOfSite = ({ next }: Turn, { own, answer }: PromptRow): boolean =>
  own && answer !== 'itself' && next.answering === 'installer';

function isEcho({ text, decision, touched }: Asked, line: string): boolean {
  if (touched) return true;
  const echoed = decision.secret ? '' : (decision.typed ?? '');
  return line.trimEnd() === (text + echoed).trimEnd();
}
