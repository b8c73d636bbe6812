/**
 * Who may type on a console: the driver, until a human takes the line, and again once he has given it back. All
 * that is written passes through here, so there is one writer at a time. Pure; times are seconds of any clock.
 */
import { burstLength, KILL } from './keys.ts';
import type { Manner } from './manner.ts';

/** The human who may type now. */
export interface Holder {
  /** Of his terminal or page, so that it finds its hold again after a lost connection. A secret of its own. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly since: number;
  /** When he last pressed a key. */
  readonly keyAt: number;
  /** When his connection was lost; null while there is one. */
  readonly lostAt: number | null;
  /** He has given the line back; what he typed before is still on its way. */
  readonly leaving: boolean;
}

export interface Holding {
  readonly manner: Manner;
  /** Null: the driver's, where there is one. */
  readonly holder: Holder | null;
  /** What the human typed and the console has yet to take. */
  readonly unsent: string;
  /** When the next burst may follow. */
  readonly paceAt: number;
  /** The last character that anybody wrote; RETURN at the start, as cu(1) sees it. */
  readonly lastKey: string;
  readonly lastBy: 'driver' | 'human';
  /** When to send a tick; null when only an event can change anything. */
  readonly wakeAt: number | null;
}

export type HolderEvent =
  /** `over`: although another human holds the line. */
  | {
      readonly kind: 'take';
      readonly id: string;
      readonly name: string;
      readonly over: boolean;
      readonly at: number;
    }
  | { readonly kind: 'give'; readonly id: string; readonly at: number }
  | { readonly kind: 'keys'; readonly id: string; readonly text: string; readonly at: number }
  /** The human's connection ended without a word. */
  | { readonly kind: 'lost'; readonly id: string; readonly at: number }
  /** The driver types. */
  | { readonly kind: 'driver'; readonly text: string; readonly at: number }
  | { readonly kind: 'tick'; readonly at: number };

/** Why a human no longer holds the line. */
export type Leave = 'given' | 'lost' | 'idle' | 'ousted';

export type HolderEffect =
  /** To the console, at once. */
  | { readonly kind: 'write'; readonly text: string }
  /** A human's keys as he typed them, told right before they are written. */
  | { readonly kind: 'typed'; readonly text: string }
  /** The driver steps aside. */
  | { readonly kind: 'taken'; readonly name: string }
  /** The driver goes on. */
  | { readonly kind: 'given'; readonly lastKey: string }
  | { readonly kind: 'left'; readonly id: string; readonly name: string; readonly why: Leave }
  | { readonly kind: 'refused'; readonly id: string; readonly because: Refusal };

export type Refusal = 'held' | 'not-holding' | 'too-much';

/** Whose connection was lost may come back for it this long. Seconds. */
export const GRACE_SECONDS = 30;
/** A human who presses no key for this long has gone home. Seconds. */
export const IDLE_SECONDS = 15 * 60;
/** Keys that may wait for the console: more than any question wants, less than a pasted file. Characters. */
export const MOST_UNSENT = 4096;

export const startHolding = (manner: Manner): Holding => ({
  manner,
  holder: null,
  unsent: '',
  paceAt: Number.NEGATIVE_INFINITY,
  lastKey: '\r',
  lastBy: 'driver',
  wakeAt: null,
});

interface Turn {
  readonly next: { -readonly [Key in keyof Holding]: Holding[Key] };
  readonly effects: HolderEffect[];
  readonly at: number;
}

/** @returns who holds the line after the event, and what to do now, in this order */
export function stepHolding(holding: Holding, event: HolderEvent): [Holding, readonly HolderEffect[]] {
  const turn: Turn = { next: { ...holding }, effects: [], at: event.at };
  expire(turn);
  STEPS[event.kind](turn, event as never);
  send(turn);
  turn.next.wakeAt = wakeAtOf(turn.next);
  return [turn.next, turn.effects];
}

type Event<Kind> = Extract<HolderEvent, { kind: Kind }>;

const STEPS: { readonly [Kind in HolderEvent['kind']]: (turn: Turn, event: Event<Kind>) => void } = {
  take(turn, { id, name, over, at }) {
    const { next, effects } = turn;
    const { holder } = next;
    const fresh: Holder = { id, name, since: at, keyAt: at, lostAt: null, leaving: false };
    if (holder === null) {
      next.holder = fresh;
      effects.push({ kind: 'taken', name });
      if (isHalfTyped(next)) write(turn, KILL, 'driver');
    } else if (holder.id === id) {
      next.holder = { ...fresh, since: holder.since };
    } else if (over) {
      leave(turn, holder, 'ousted');
      next.holder = fresh;
    } else {
      effects.push({ kind: 'refused', id, because: 'held' });
    }
  },

  give({ next }, { id }) {
    if (next.holder?.id === id) next.holder = { ...next.holder, leaving: true };
  },

  keys({ next, effects }, { id, text, at }) {
    const { holder, unsent } = next;
    if (holder?.id !== id || holder.leaving) effects.push({ kind: 'refused', id, because: 'not-holding' });
    else if (unsent.length + text.length > MOST_UNSENT) {
      effects.push({ kind: 'refused', id, because: 'too-much' });
    } else {
      next.holder = { ...holder, keyAt: at, lostAt: null };
      next.unsent = unsent + text;
    }
  },

  lost({ next }, { id, at }) {
    if (next.holder?.id === id) next.holder = { ...next.holder, lostAt: at };
  },

  driver(turn, { text }) {
    // It has been told to step aside, so this is only a last line of defence.
    if (turn.next.holder === null) write(turn, text, 'driver');
  },

  tick() {},
};

/** The driver was in the middle of an answer: a human is to find an empty line. */
function isHalfTyped({ lastKey, lastBy }: Holding): boolean {
  return lastBy === 'driver' && lastKey !== '\r' && !KILL.includes(lastKey);
}

function expire(turn: Turn): void {
  const { holder } = turn.next;
  if (holder === null) return;
  if (holder.lostAt !== null && turn.at >= holder.lostAt + GRACE_SECONDS) release(turn, holder, 'lost');
  else if (turn.at >= holder.keyAt + IDLE_SECONDS) release(turn, holder, 'idle');
}

/** One burst, and the end of a hold once nothing is on its way any more. */
function send(turn: Turn): void {
  const { next, at } = turn;
  const { holder, manner } = next;
  if (holder === null) return;
  if (next.unsent !== '' && at >= next.paceAt) {
    const length = burstLength(next.unsent, manner.burst);
    const text = next.unsent.slice(0, length);
    next.unsent = next.unsent.slice(length);
    next.paceAt = at + manner.pauseSeconds;
    turn.effects.push({ kind: 'typed', text });
    write(turn, manner.cu ? escapeTildes(text, next.lastKey) : text, 'human');
  }
  if (holder.leaving && next.unsent === '') release(turn, holder, 'given');
}

function release(turn: Turn, holder: Holder, why: Leave): void {
  leave(turn, holder, why);
  turn.effects.push({ kind: 'given', lastKey: turn.next.lastKey });
}

function leave({ next, effects }: Turn, { id, name }: Holder, why: Leave): void {
  next.holder = null;
  next.unsent = '';
  effects.push({ kind: 'left', id, name, why });
}

function write({ next, effects }: Turn, text: string, by: Holding['lastBy']): void {
  effects.push({ kind: 'write', text });
  next.lastKey = text.slice(-1);
  next.lastBy = by;
}

/** cu(1) takes `~` behind a RETURN for itself, and sends one for two. */
function escapeTildes(text: string, lastKey: string): string {
  let before = lastKey;
  let escaped = '';
  for (const key of text) {
    escaped += before === '\r' && key === '~' ? '~~' : key;
    before = key;
  }
  return escaped;
}

function wakeAtOf({ holder, unsent, paceAt }: Holding): number | null {
  if (holder === null) return null;
  const grace = holder.lostAt === null ? Number.POSITIVE_INFINITY : holder.lostAt + GRACE_SECONDS;
  return Math.min(grace, holder.keyAt + IDLE_SECONDS, unsent === '' ? Number.POSITIVE_INFINITY : paceAt);
}
