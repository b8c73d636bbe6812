import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { deferred } from '../../common/deferred.ts';
import { OperatorError } from '../../common/error.ts';
import type { ConsoleMessage, HolderMessage } from '../../web/message.ts';
import { type Action, ESCAPE_START, ESCAPES, stepEscape } from './escape.ts';
import { type ConsoleLink, openLink } from './link.ts';
import { CLEAR, type OwnTerminal, takeTerminal } from './terminal.ts';

export interface ShowOptions {
  readonly socketPath: string;
  readonly vm: string;
  /** Take the line: `over` also from another human. Null: only watch. */
  readonly take: { readonly over: boolean } | null;
}

/** A hold that was given back is awaited for no longer than this. Milliseconds. */
const GIVE_MS = 2_000;

/**
 * Shows a console on this process's terminal until its user leaves, and lets him type.
 * @throws OperatorError CONSOLE_HELD, CONSOLE_REFUSED, SERVE_UNREACHABLE
 */
export async function showConsole({ socketPath, vm, take }: ShowOptions): Promise<void> {
  const id = randomBytes(16).toString('hex');
  const by = userInfo().username;
  const ended = deferred<void>();
  let holder: HolderMessage['holder'] = null;
  /** The line was ours once; what refuses it before ends the command. */
  let held = false;
  let leaving = false;
  let escapes = ESCAPE_START;

  const mine = () => holder?.mine === true;
  const ACTIONS: Readonly<Record<Action, () => void>> = {
    leave,
    give: () => link.ask({ kind: 'give' }),
    take: () => link.ask({ kind: 'take', id, over: true }),
    help: () => {
      for (const { key, says } of ESCAPES) terminal.say(`~${key}  ${says}`);
      terminal.say('~~  type a ~');
    },
  };
  const terminal: OwnTerminal = takeTerminal(take === null ? null : onKeys);
  const link: ConsoleLink = openLink({
    socketPath,
    vm,
    by,
    message: heed,
    output: (bytes) => terminal.write(bytes),
    opened() {
      if (take !== null && (!held || mine())) link.ask({ kind: 'take', id, over: take.over && !held });
    },
    lost: () => terminal.say('puffboot serve does not answer; waiting for it'),
    gaveUp: () => ended.reject(new OperatorError('SERVE_UNREACHABLE', 'puffboot serve went away')),
  });

  function onKeys(typed: string): void {
    const step = stepEscape(escapes, typed);
    escapes = step.state;
    if (step.keys !== '' && mine()) link.ask({ kind: 'keys', text: step.keys });
    for (const action of step.actions) ACTIONS[action]();
  }

  function leave(): void {
    if (leaving || !mine()) ended.resolve();
    leaving = true;
    link.ask({ kind: 'give' });
    setTimeout(() => ended.resolve(), GIVE_MS).unref();
  }

  function heed(message: ConsoleMessage): void {
    switch (message.kind) {
      case 'screen':
        if (process.stdout.isTTY) terminal.write(CLEAR);
        if (message.feed !== 'live' && take === null)
          terminal.say(`nothing holds the console of ${vm} now; waiting`);
        break;
      case 'holder':
        takeNote(message);
        break;
      case 'left':
        terminal.say(message.text);
        break;
      case 'refused':
        if (held || take === null) terminal.say(message.text);
        else
          ended.reject(
            new OperatorError(message.because === 'held' ? 'CONSOLE_HELD' : 'CONSOLE_REFUSED', message.text),
          );
        break;
      case 'ended':
        if (held && mine()) ended.resolve();
        else if (held || take === null) terminal.say(`the console of ${vm} was released`);
        break;
    }
  }

  function takeNote(message: HolderMessage): void {
    const before = holder;
    holder = message.holder;
    if (mine() && before?.mine !== true) terminal.say(`You hold the line of ${vm}. ~. leaves, ~? helps.`);
    held ||= mine();
    if (holder === null && leaving) ended.resolve();
    else if (before !== null && holder === null) terminal.say('The line was given back.');
    else if (holder !== null && !holder.mine && before?.name !== holder.name) {
      terminal.say(`${holder.name} holds the line.`);
    }
  }

  process.once('SIGTERM', leave).once('SIGHUP', leave).once('SIGINT', leave);
  warnOfSize(terminal);
  process.stdout.on('resize', () => warnOfSize(terminal));
  try {
    await ended.promise;
  } finally {
    terminal.restore();
    link.close();
  }
}

/** A guest draws for 80 columns and 24 rows, whatever the window is. */
function warnOfSize(terminal: OwnTerminal): void {
  const { columns = 80, rows = 24, isTTY } = process.stdout;
  if (isTTY && (columns < 80 || rows < 24)) {
    terminal.say(`This window has ${columns} columns and ${rows} rows; the console is drawn for 80 and 24.`);
  }
}
