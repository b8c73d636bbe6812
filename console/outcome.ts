/** How an install stands, and when that is told. */
import {
  isLookingBack,
  isUnderWay,
  PHASES,
  type Phase,
  SECONDS_FROM_DONE_TO_REBOOT,
  SECONDS_TO_FIRST_PHASE,
  SECONDS_TO_STANDING_PROMPT,
  SECONDS_TO_WATCHDOG,
} from './phase.ts';
import type { Dialogue, Outcome, Turn } from './turn.ts';

export interface Standing {
  readonly outcome: Outcome;
  readonly reason: string | null;
}

/** As far as the output goes until now. */
export function standingOf({ failure, success }: Dialogue): Standing {
  if (failure !== null) return { outcome: 'failed', reason: failure.reason };
  return { outcome: success ?? 'incomplete', reason: null };
}

/** The output shows that `phase` has begun, or goes on. */
export function enterPhase(turn: Turn, phase: Phase): void {
  const { next, effects, at } = turn;
  if (isLookingBack(next.phase, phase)) return;
  const mendable = next.failure !== null && next.failure.lasting !== true;
  if (mendable && (next.failure?.stall === true || isUnderWay(phase) || phase === 'done')) {
    next.failure = null;
    next.told = null;
  }
  noteNews(turn);
  if (phase === next.phase) return;
  next.phase = phase;
  next.suspect = null;
  effects.push({ kind: 'phase', name: phase, at });
}

/** Something happened, so the phase's deadline starts anew. */
export function noteNews({ next, at }: Turn): void {
  next.newsAt = at;
}

export function succeed(turn: Turn, outcome: 'installed' | 'upgraded'): void {
  turn.next.success = outcome;
  turn.next.answering = null;
  enterPhase(turn, 'done');
}

/** The first reason stays: what follows are its consequences. What fails after the awaited end is not ours. */
export function fail({ next }: Turn, reason: string, stall = false): void {
  if (next.told !== null && next.told.outcome !== 'failed') return;
  next.answering = null;
  if (next.failure === null || next.failure.stall) next.failure = { reason, stall };
}

/** Tells the outcome once it is certain, and again if it turned out otherwise. */
export function tell({ next, effects }: Turn): void {
  const standing = standingOf(next);
  if (standing.outcome === 'incomplete') return;
  // A human who holds the line may be about to mend it.
  if (standing.outcome === 'failed' && next.aside) return;
  if (standing.outcome !== 'failed' && !isEnd(next)) return;
  if (next.told?.outcome === standing.outcome && next.told.reason === standing.reason) return;
  next.told = standing;
  effects.push({ kind: 'outcome', ...standing });
}

/**
 * After CONGRATULATIONS the machine still has to write its disks: the install has ended once it reboots, or
 * once it has had the time to.
 */
function isEnd({ facts, phase }: Dialogue): boolean {
  if (facts.until === 'login') return phase === 'login';
  return phase === 'reboot' || phase === 'first-boot' || phase === 'login';
}

/** An unattended upgrade has a watchdog of its own, and its reboot tells more than a stall. Seconds. */
const patienceOf = ({ facts, success }: Dialogue): number =>
  facts.mode === 'watch' && success === null ? SECONDS_TO_WATCHDOG : 0;

/** An upgrade is to be watched that has not begun. Where the console was resumed, it had. */
export const isBystanding = ({ facts, phase }: Dialogue): boolean =>
  facts.mode === 'watch' && facts.taking !== 'resume' && phase === null;

/** When the phase will have lasted too long; null when nothing is awaited any more. */
export function deadlineOf(dialogue: Dialogue): number | null {
  const { told, failure, phase, newsAt } = dialogue;
  if (told !== null || failure !== null || isBystanding(dialogue)) return null;
  if (isRebootUnseen(dialogue)) return newsAt + SECONDS_FROM_DONE_TO_REBOOT;
  if (phase !== null) return newsAt + Math.max(PHASES[phase].seconds, patienceOf(dialogue));
  if (dialogue.facts.taking === 'again') return newsAt + SECONDS_TO_STANDING_PROMPT;
  return newsAt + Math.max(SECONDS_TO_FIRST_PHASE, patienceOf(dialogue));
}

function isRebootUnseen({ facts, phase, success }: Dialogue): boolean {
  return phase === 'done' && success !== null && facts.until === 'congratulations';
}

/** The deadline has passed. */
export function expire(turn: Turn): void {
  const { next, effects } = turn;
  if (isRebootUnseen(next)) {
    const standing = standingOf(next);
    next.told = standing;
    effects.push({ kind: 'outcome', ...standing });
    return;
  }
  fail(turn, stallReason(next, turn.at), true);
}

/** The other end is gone: nothing can change any more. */
export function conclude({ next, effects }: Turn): void {
  if (next.told !== null) return;
  const standing = standingOf(next);
  const unfinished =
    standing.outcome === 'incomplete' || (standing.reason === null && next.facts.until === 'login');
  next.told = unfinished
    ? { outcome: 'incomplete', reason: `the console closed ${inPhase(next.phase)}` }
    : standing;
  effects.push({ kind: 'outcome', ...next.told });
}

function stallReason({ phase, asked, newsAt, suspect }: Dialogue, at: number): string {
  const since = Math.round(at - newsAt);
  const seen = suspect === null ? '' : ` (seen before: ${suspect})`;
  if (asked !== null && asked.decision.typed === null && !asked.touched) {
    const waited = Math.round(at - asked.at);
    return `stalled ${inPhase(phase)}: ${JSON.stringify(asked.text.trimEnd())} waited ${waited} s for an answer${seen}`;
  }
  return `stalled ${inPhase(phase)}: nothing new for ${since} s${seen}`;
}

function inPhase(phase: Phase | null): string {
  return phase === null ? 'before anything known was seen' : `in phase ${phase}`;
}
