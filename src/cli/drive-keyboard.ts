import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import type { HeldLine } from '../../console/held.ts';
import { holdLine } from '../../console/io/held-line.ts';
import { openHub } from '../../console/io/hub.ts';
import type { Recorder } from '../../console/io/recorder.ts';
import type { Manner } from '../../console/manner.ts';
import type { Line } from '../common/line.ts';
import { SYSTEM_CLOCK } from '../io/clock.ts';
import { type Action, ESCAPE_START, stepEscape } from './console/escape.ts';
import { CLEAR, type OwnTerminal, takeTerminal } from './console/terminal.ts';

export interface KeyboardParts {
  readonly line: Line;
  readonly manner: Manner;
  readonly recorder: Recorder | null;
  /** Prints what the drive tells. */
  readonly out: (text: string) => void;
  readonly size: { readonly cols: number; readonly rows: number };
}

/** The operator at the terminal of a drive. */
export interface Keyboard {
  /** The line as he and the driver share it. */
  readonly held: HeldLine;
  /** Prints what the drive tells, once he does not look at the console himself. */
  readonly out: (text: string) => void;
  /** The terminal is as it was before. */
  close(): void;
}

/** There is one terminal. */
const ID = 'terminal';

const HELP = ['~g  give the line back to the driver', '~.  the same', '~~  type a ~'];

/** A process in the background is stopped when it reads from its terminal (SIGTTIN, termios(4)); ps(1) tells. */
export const inForeground = (): boolean =>
  spawnSync('ps', ['-o', 'stat=', '-p', String(process.pid)], { encoding: 'utf8' }).stdout?.includes('+') ===
  true;

/**
 * Lets the operator take the line with RETURN, type at it, and give it back with `~g`; the driver waits meanwhile. Open
 * it before the recorder is attached to the line, so that keys are recorded before their echo.
 */
export function openKeyboard({ line, manner, recorder, out, size }: KeyboardParts): Keyboard {
  const { stdin } = process;
  const held = holdLine({ line, clock: SYSTEM_CLOCK, manner, ...(recorder === null ? {} : { recorder }) });
  const hub = openHub({ line, held, ...size });
  let terminal: OwnTerminal | null = null;
  let detach: () => void = () => undefined;
  let escapes = ESCAPE_START;
  let untold = '';

  const giveBack = () => held.give(ID);
  const ACTIONS: Readonly<Record<Action, () => void>> = {
    leave: giveBack,
    give: giveBack,
    take: () => undefined,
    help: () => {
      for (const text of HELP) terminal?.say(text);
    },
  };

  function take(): void {
    stdin.off('data', take);
    held.take(ID, userInfo().username, true);
    const own = takeTerminal(onKeys);
    terminal = own;
    escapes = ESCAPE_START;
    detach = hub.attach({
      screen(picture) {
        own.write(CLEAR);
        own.write(picture);
      },
      output: (bytes) => own.write(bytes),
      ended: () => undefined,
    });
    own.say('You hold the line, and the driver waits. ~g gives it back, ~? helps.');
  }

  function onKeys(typed: string): void {
    const step = stepEscape(escapes, typed);
    escapes = step.state;
    if (step.keys !== '') held.keys(ID, step.keys);
    for (const action of step.actions) ACTIONS[action]();
  }

  /** He gave it back, or the line is gone. */
  function leave(): void {
    detach();
    terminal?.restore();
    terminal = null;
    out(untold);
    untold = '';
  }

  /** He stopped the drive, and goes on with it here or in the background. */
  function continued(): void {
    if (inForeground()) stdin.resume();
    else stdin.pause();
  }

  held.onHolder(({ holder }) => {
    if (holder !== null || terminal === null) return;
    leave();
    out('The line was given back; the driver goes on.\n');
    stdin.on('data', take).resume();
  });
  stdin.on('data', take).resume();
  process.on('SIGCONT', continued);
  return {
    held,
    out(text) {
      if (terminal === null) out(text);
      else untold += text;
    },
    close() {
      leave();
      stdin.off('data', take).pause();
      process.off('SIGCONT', continued);
      hub.close();
    },
  };
}
