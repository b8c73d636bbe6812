import { Worker } from 'node:worker_threads';
import { OperatorError } from '../../common/error.ts';
import { operatorErrorOf } from './failure.ts';
import type { QueryReply, Reply, Request, WorkerStart } from './protocol.ts';

/** One SQLite connection, in a thread of its own. Queries run in the order of the calls. */
export interface Connection {
  /** @throws OperatorError STATE_*, or an SqlError for what the store itself must understand */
  query(sql: string, parameters: readonly unknown[]): Promise<QueryReply>;
  /** Resolves when the database is closed and the thread has ended. */
  close(): Promise<void>;
}

/** The worker is compiled; the sources, as the tests run them, use the compiled one of the last build. */
const WORKER = import.meta.url.endsWith('.ts')
  ? new URL('../../../dist/src/io/store/worker.js', import.meta.url)
  : new URL('./worker.js', import.meta.url);

type Settle = { readonly resolve: (reply: QueryReply) => void; readonly reject: (error: Error) => void };

/** @param worker the thread's program */
export function openConnection(file: string, worker: URL = WORKER): Connection {
  const start: WorkerStart = { file };
  const thread = new Worker(worker, { workerData: start });
  const pending = new Map<number, Settle>();
  let last = 0;
  let death: Error | null = null;

  const ended = new Promise<void>((resolve) => {
    thread.once('exit', (status) => {
      fail(new OperatorError('STORE_STOPPED', `the database thread ended with status ${status}`));
      resolve();
    });
  });
  thread.once('error', (cause) => {
    fail(new OperatorError('STORE_STOPPED', `the database thread failed: ${cause.message}`, { cause }));
  });
  thread.on('message', (reply: Reply) => {
    const call = pending.get(reply.number);
    pending.delete(reply.number);
    if (reply.kind === 'result') call?.resolve(reply.result);
    else call?.reject(operatorErrorOf(reply.failure, file));
  });

  function fail(error: Error): void {
    death ??= error;
    for (const call of pending.values()) call.reject(death);
    pending.clear();
  }

  function ask(request: (number: number) => Request): Promise<QueryReply> {
    if (death !== null) return Promise.reject(death);
    last += 1;
    const number = last;
    return new Promise((resolve, reject) => {
      pending.set(number, { resolve, reject });
      thread.postMessage(request(number));
    });
  }

  return {
    query: (sql, parameters) => ask((number) => ({ kind: 'query', number, sql, parameters })),
    async close() {
      if (death === null) await ask((number) => ({ kind: 'close', number }));
      await ended;
    },
  };
}
