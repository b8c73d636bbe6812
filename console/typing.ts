/**
 * Types an answer so that it arrives: in bursts that the console can take, RETURN only once the echo shows what
 * was typed, and all of it again where it does not. A line without RETURN is killed (^U, stty(1)) before it is
 * typed again, so nothing is ever entered twice.
 */
import { compareEcho, describeEcho, isKilled } from './echo.ts';
import { burstLength, KILL, write } from './keys.ts';
import type { Manner } from './manner.ts';
import { secretsOf } from './mask.ts';
import { fail } from './outcome.ts';
import { findPrompt } from './prompts/table.ts';
import { MAX_LINE } from './screen.ts';
import type { Order, Turn, Typing } from './turn.ts';

/** An answer is typed this often before the console is given up. */
const MOST_ATTEMPTS = 10;
/** How long an echo may take: more at each attempt, because it may only be late, up to the second. Seconds. */
const [ECHO_SECONDS, LONGEST_ECHO_SECONDS] = [2, 8];
/** An echo that looks wrong may only be half drawn. */
const WRONG_SECONDS = 0.1;
/** After this long a killed line is as it will stay. */
const KILLED_SECONDS = 0.3;
/** The installer draws a prompt again half a second after a kernel message, or not at all. */
const REDRAWN_SECONDS = 0.9;
/** A tty ends the line the moment it gets a RETURN; a host that is overloaded takes seconds. */
const RETURN_SECONDS = 5;
/** Where nothing is echoed a lost RETURN is sent again without proof, so later. */
const UNSEEN_RETURN_SECONDS = 10;

/** Seen behind the prompt, it proves that the RETURN before it was lost. Killed in any case. */
const PROBE = 'x';

/** Begins to type at the open line. Where the order for the driver has no manner, the answer is only told. */
export function typeAnswer(turn: Turn, order: Order): void {
  const { next, effects } = turn;
  const { text, secret, rule } = order;
  effects.push({ kind: 'type', text: `${text}\r`, secret, rule });
  const { manner } = next.facts;
  if (manner === undefined) return;
  if (order.afresh) kill(turn, blank(order, next.screen.line, 0));
  else startAttempt(turn, manner, order, 1);
}

/** True while the open line belongs to an answer that has not been entered. */
export const isEntering = ({ next: { typing } }: Turn): boolean =>
  typing !== null && (typing.stage === 'typing' || typing.stage === 'killing');

/** The machine went on by itself, or somebody else types: what was begun is taken back. */
export function stopTyping(turn: Turn, typist: 'us' | 'somebody'): void {
  const { typing } = turn.next;
  if (typing === null) return;
  turn.next.typing = null;
  const begun = typing.stage === 'typing' || (typing.stage === 'probing' && typing.order.text === '');
  if (begun && typist === 'us') write(turn, KILL);
}

/** Goes on with an answer that was interrupted, on a line that has been killed in between. */
export function resumeTyping(turn: Turn, typing: Typing): void {
  const { order, stage } = typing;
  if (stage === 'typing' || stage === 'killing') typeAnswer(turn, { ...order, afresh: true });
  else turn.next.typing = { ...typing, stage: 'returned', dueAt: turn.at + returnSeconds(order) };
}

const returnSeconds = ({ secret }: Order): number => (secret ? UNSEEN_RETURN_SECONDS : RETURN_SECONDS);

/**
 * Looks at the output for the echo.
 * @param lines how many lines it completed
 */
export function watchEcho(turn: Turn, lines: number): void {
  const { typing } = turn.next;
  if (typing === null) return;
  WATCH[typing.stage](turn, lines > 0 ? { ...typing, torn: true } : typing, lines > 0);
}

const WATCH: Record<Typing['stage'], (turn: Turn, typing: Typing, ended: boolean) => void> = {
  typing(turn, typing) {
    const { next, at } = turn;
    if (!typing.compared) return;
    const echo = typing.torn ? 'wrong' : compareEcho(next.screen, typing.base, typing.order.text);
    if (echo === 'wrong') {
      next.typing = { ...typing, wrong: true, dueAt: at + (typing.torn ? REDRAWN_SECONDS : WRONG_SECONDS) };
    } else if (echo === 'whole' && typing.unsent === '') {
      // The last character may come twice.
      next.typing = { ...typing, wrong: false, dueAt: at + (next.facts.manner?.pauseSeconds ?? 0) };
    } else if (typing.unsent === '') {
      next.typing = { ...typing, wrong: false, dueAt: at + patience(typing) };
    } else if (typing.wrong) {
      next.typing = { ...typing, wrong: false, dueAt: at };
    }
  },

  killing(turn, typing, ended) {
    turn.next.typing = { ...typing, dueAt: turn.at + (ended ? REDRAWN_SECONDS : KILLED_SECONDS) };
  },

  returned(turn, _, ended) {
    if (ended) turn.next.typing = null;
  },

  probing(turn, typing, ended) {
    const { next } = turn;
    const { order, base } = typing;
    if (ended) stopTyping(turn, 'us');
    else if (order.text === '') {
      if (compareEcho(next.screen, base, PROBE) === 'whole') kill(turn, typing);
    } else if (isKilled(next.screen, base, order.prompt)) {
      // Erased, so it had not been entered.
      next.typing = { ...typing, stage: 'killing', dueAt: turn.at + KILLED_SECONDS };
    }
  },
};

/** Goes on with an answer whose time has come. */
export function keepTyping(turn: Turn): void {
  const { typing } = turn.next;
  if (typing !== null && typing.dueAt <= turn.at) DUE[typing.stage](turn, typing);
}

const DUE: Record<Typing['stage'], (turn: Turn, typing: Typing) => void> = {
  typing(turn, typing) {
    const echo = compareEcho(turn.next.screen, typing.base, typing.order.text);
    if (typing.unsent !== '' && !typing.wrong) sendBurst(turn, typing);
    else if (echo === 'whole' && !typing.torn) enter(turn, typing);
    else if (typing.attempt >= MOST_ATTEMPTS) giveUp(turn, typing);
    else kill(turn, typing);
  },

  killing(turn, typing) {
    const { next } = turn;
    const { order, attempt, base } = typing;
    if (hasMovedOn(turn, order)) {
      next.typing = null;
      next.asked = null;
      // Where the kernel broke in the line may look like anything, so killing it again has to do.
    } else if ((typing.torn && typing.killedAgain) || isKilled(next.screen, base, order.prompt)) {
      again(turn, order, attempt + 1);
    } else if (attempt >= MOST_ATTEMPTS) {
      giveUp(turn, typing);
    } else {
      kill(turn, { ...typing, attempt: typing.torn ? attempt : attempt + 1, killedAgain: true });
    }
  },

  returned(turn, typing) {
    const { order, attempt } = typing;
    if (!order.secret) return probe(turn, typing);
    if (attempt >= MOST_ATTEMPTS || turn.next.screen.line !== typing.base) {
      turn.next.typing = null;
      return;
    }
    write(turn, '\r');
    turn.next.typing = { ...typing, attempt: attempt + 1, dueAt: turn.at + UNSEEN_RETURN_SECONDS };
  },

  probing(turn, typing) {
    // The machine answers nothing at all: how long that may last is for its phase's deadline to say.
    if (typing.attempt >= MOST_ATTEMPTS) stopTyping(turn, 'us');
    else probe(turn, { ...typing, attempt: typing.attempt + 1 });
  },
};

function startAttempt(turn: Turn, manner: Manner, order: Order, attempt: number): void {
  const { next } = turn;
  const { text, secret } = order;
  const base = next.screen.line.slice(0, next.screen.cursor);
  const compared = !secret && text !== '' && base.length + text.length < MAX_LINE;
  // cu(1) heeds `~` only behind a RETURN that it saw, and before anything was typed.
  const tilde = manner.cu && text.startsWith('~') && next.lastKey === '\r' ? '~' : '';
  const unsent = `${tilde}${text}${compared ? '' : '\r'}`;
  sendBurst(turn, { ...blank(order, base, attempt), compared, unsent });
}

function again(turn: Turn, order: Order, attempt: number): void {
  const { manner } = turn.next.facts;
  if (manner === undefined) return;
  const { text, secret, rule } = order;
  if (attempt > 1) turn.effects.push({ kind: 'type', text: `${KILL}${text}\r`, secret, rule });
  startAttempt(turn, manner, order, attempt);
}

const blank = (order: Order, base: string, attempt: number): Typing => ({
  order,
  base,
  attempt,
  stage: 'typing',
  compared: false,
  unsent: '',
  torn: false,
  wrong: false,
  killedAgain: false,
  dueAt: 0,
});

function sendBurst(turn: Turn, typing: Typing): void {
  const { next, at } = turn;
  const { burst = 1, pauseSeconds = 0 } = next.facts.manner ?? {};
  const length = burstLength(typing.unsent, burst);
  const unsent = typing.unsent.slice(length);
  write(turn, typing.unsent.slice(0, length));
  if (unsent !== '') next.typing = { ...typing, unsent, dueAt: at + pauseSeconds };
  else if (typing.compared) next.typing = { ...typing, unsent, dueAt: at + patience(typing) };
  else {
    next.typing = { ...typing, unsent, stage: 'returned', dueAt: at + returnSeconds(typing.order) };
  }
}

function enter(turn: Turn, typing: Typing): void {
  write(turn, '\r');
  turn.next.typing = { ...typing, stage: 'returned', dueAt: turn.at + RETURN_SECONDS };
}

function kill(turn: Turn, typing: Typing): void {
  write(turn, KILL);
  turn.next.typing = {
    ...typing,
    stage: 'killing',
    unsent: '',
    wrong: false,
    dueAt: turn.at + KILLED_SECONDS,
  };
}

function probe(turn: Turn, typing: Typing): void {
  write(turn, typing.order.text === '' ? KILL + PROBE : KILL);
  turn.next.typing = { ...typing, stage: 'probing', dueAt: turn.at + RETURN_SECONDS };
}

const patience = ({ attempt }: Typing): number => Math.min(ECHO_SECONDS * attempt, LONGEST_ECHO_SECONDS);

/** Another prompt waits now, so somebody answered the one that was typed at. */
function hasMovedOn({ next: { screen, release, facts } }: Turn, { rule }: Order): boolean {
  const row = findPrompt(screen.line, release, facts.table);
  return row !== null && row.name !== rule;
}

function giveUp(turn: Turn, { order, base, attempt, torn }: Typing): void {
  const { screen, facts } = turn.next;
  const echo = describeEcho(screen, torn ? '' : base, secretsOf(facts.answers));
  write(turn, KILL);
  turn.next.typing = null;
  fail(
    turn,
    `typed ${attempt} times at ${JSON.stringify(order.prompt.trimEnd())}, and at last ${echo}: the line loses or doubles characters`,
  );
}
