import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf } from '../../src/common/error.ts';
import type { Clock, Log } from '../../src/common/port.ts';
import type { MessagePortLike } from './channel.ts';
import { onJsonLine } from './json-lines.ts';

export interface CommandPort extends MessagePortLike {
  close(): void;
}

/** Pause before the command is started again: doubled from the first to the last of these. */
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;
/** A connection that lasted so long begins anew with the first pause. */
const SETTLED_MS = 60_000;
/** No event is longer. Characters. */
const LONGEST_LINE = 1024 * 1024;
/** What the command has not taken by then it never will. Bytes. */
const MOST_UNTAKEN = 128 * 1024 * 1024;

/**
 * A channel to a netboot service on another machine: JSON lines on standard input and output of a command such
 * as `ssh boot1 puffboot netboot --channel stdio`. The command is started again whenever it ends. What is sent
 * meanwhile is lost: the service says that it is ready, and then is told everything anew.
 */
export function commandPort(
  argv: readonly string[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): CommandPort {
  const [command = '', ...args] = argv;
  const listeners = new Set<(message: unknown) => void>();
  let child: ChildProcess | null = null;
  let pause = FIRST_PAUSE_MS;
  let closed = false;
  let cancel: () => void = () => undefined;

  const start = () => {
    const startedAt = clock.now();
    const started = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    child = started;
    let complaint = '';
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-500);
    });
    started.stdin.on('error', () => undefined); // told by its end
    onJsonLine(started.stdout, LONGEST_LINE, {
      take: (value) => {
        for (const listener of listeners) listener(value);
      },
      tooLong: () => started.kill(),
    });
    started.once('error', (error) => {
      complaint = messageOf(error);
    });
    started.once('close', (status, signal) => {
      if (child === started) child = null;
      if (closed) return;
      if (clock.now() - startedAt > SETTLED_MS) pause = FIRST_PAUSE_MS;
      const lastWords = complaint.trim().split('\n').at(-1);
      log.warn('netboot.feed.lost', { command, status, signal, said: lastWords, again: pause });
      cancel = clock.timer(clock.now() + pause, start);
      pause = Math.min(pause * 2, LAST_PAUSE_MS);
    });
  };
  start();

  return {
    send(message) {
      const stdin = child?.stdin;
      if (!stdin?.writable) return;
      stdin.write(`${JSON.stringify(message)}\n`);
      if (stdin.writableLength > MOST_UNTAKEN) child?.kill();
    },
    onMessage(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      cancel();
      child?.stdin?.end();
      child?.kill();
    },
  };
}
