import { Worker } from 'node:worker_threads';
import type { MadePassword, MakePasswords } from '../autoinstall/passwords.ts';

/** What goes to the worker thread and comes back. */
export interface PasswordRequest {
  readonly number: number;
  readonly accounts: readonly string[];
}
export interface PasswordReply {
  readonly number: number;
  readonly passwords: readonly MadePassword[];
}

/** The worker is compiled; the sources, as the tests run them, use the compiled one of the last build. */
const WORKER = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/src/io/password-worker.js', import.meta.url)
  : new URL('./password-worker.js', import.meta.url);
/** An installer waits longer than this for its response file. */
const SECONDS = 20;

/**
 * Makes passwords in a thread of its own, which is started when it is needed first, and again should it die. It
 * never keeps the process alive. Nothing is kept of what was made.
 */
export function passwordMaker(worker: URL = WORKER): MakePasswords {
  const waiting = new Map<number, (reply: PasswordReply | Error) => void>();
  let thread: Worker | null = null;
  let last = 0;

  function start(): Worker {
    const started = new Worker(worker);
    const end = (error: Error) => {
      if (thread === started) thread = null;
      for (const settle of waiting.values()) settle(error);
      waiting.clear();
    };
    started.on('message', (reply: PasswordReply) => waiting.get(reply.number)?.(reply));
    started.once('error', end);
    started.once('exit', (status) => end(new Error(`the password thread ended with status ${status}`)));
    started.unref();
    return started;
  }

  return async (accounts) => {
    if (accounts.length === 0) return [];
    return new Promise((resolve, reject) => {
      thread ??= start();
      last += 1;
      const number = last;
      const timer = setTimeout(
        () => waiting.get(number)?.(new Error(`took more than ${SECONDS} s`)),
        SECONDS * 1000,
      );
      waiting.set(number, (reply) => {
        waiting.delete(number);
        clearTimeout(timer);
        if (reply instanceof Error) reject(reply);
        else resolve(reply.passwords);
      });
      thread.postMessage({ number, accounts } satisfies PasswordRequest);
    });
  };
}
