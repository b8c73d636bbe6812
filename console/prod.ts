/** A RETURN to a console that was taken in the middle of something and says nothing, to see where it stands. */

import { KILL, write } from './keys.ts';
import type { Dialogue, DialogueFacts, Turn } from './turn.ts';

/** A console that was resumed and says nothing gets its RETURN after this many seconds and `KILLED_SECONDS`. */
const RESUME_SILENCE_SECONDS = 9;
/** The same where an installer is known to stand; cu(1) takes a moment to set its terminal up. */
const AGAIN_SILENCE_SECONDS = 2;
/** A tty shows within this time what a kill (^U) erased. */
const KILLED_SECONDS = 1;
const HALF_TYPED = 'something was half typed there, and is left to whoever typed it';

const silenceOf = (taking: DialogueFacts['taking']): number =>
  taking === 'again' ? AGAIN_SILENCE_SECONDS : RESUME_SILENCE_SECONDS;

/** When it is sent first. At an unknown place RETURN could take a default, so only where autoinstall answers. */
export function prodOf({ taking, mode }: DialogueFacts, at: number): Dialogue['prod'] {
  const wanted = taking === 'again' || (taking === 'resume' && mode === 'auto');
  return wanted ? { at: at + silenceOf(taking), killed: false } : null;
}

/**
 * The silence has lasted. A RETURN enters what somebody left half typed, before a restart or when he gave the line
 * back, and that may name the wrong disk. So none is sent where text stands on the open line, and elsewhere the line
 * is killed first: a tty that erases something then shows that there was something. That was the driver's own where
 * only it had typed.
 */
export function prod(turn: Turn): void {
  const { next, at } = turn;
  const { taking = 'start' } = next.facts;
  const killed = next.prod?.killed === true || taking === 'again';
  next.prod = null;
  if (killed) {
    typeReturn(turn, taking);
  } else if (next.screen.line.trim() !== '' && next.facts.early !== true) {
    next.suspect = HALF_TYPED;
  } else {
    typeKill(turn);
    next.prod = { at: at + KILLED_SECONDS, killed: true };
  }
}

/** What says nothing about the guest, like cu's own greeting, does not end the silence for good. */
export function hearProd({ next, at }: Turn, text: string): void {
  if (next.prod === null) return;
  const lost = next.phase === null && next.asked === null;
  const erased = next.prod.killed && text.includes('\b');
  if (lost && erased && next.facts.early !== true) {
    next.prod = null;
    next.suspect = HALF_TYPED;
  } else next.prod = lost ? { at: at + silenceOf(next.facts.taking), killed: false } : null;
}

/** Somebody held the line until now. */
export function startProdAnew({ next, at }: Turn): void {
  if (next.prod !== null) next.prod = { at: at + silenceOf(next.facts.taking), killed: false };
}

/** Erases what stands on the line of an unknown place, if anything does. */
function typeKill(turn: Turn): void {
  if (turn.next.facts.manner !== undefined) write(turn, KILL);
}

/** RETURN, with nothing known about what it meets. At a shell nobody's half-typed command is to be run by it. */
function typeReturn(turn: Turn, taking: 'start' | 'resume' | 'again'): void {
  turn.effects.push({ kind: 'type', text: '\r', secret: false, rule: taking });
  if (turn.next.facts.manner !== undefined) write(turn, taking === 'again' ? `${KILL}\r` : '\r');
}
