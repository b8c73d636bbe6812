import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../src/common/error.ts';
import type { Clock, Log } from '../../src/common/port.ts';
import type { RequestOptions } from '../tftp/packet.ts';
import { type StartTransfer, type TransferJob, type TransferPeer, transfersHere } from './tftp-start.ts';
import type { RunningTransfer, TransferResult } from './tftp-transfer.ts';

/** What is asked of a thread. `bytes` and `begun` lie in memory that both sides share. */
export type ToThread =
  | {
      readonly kind: 'start';
      readonly number: number;
      readonly peer: TransferPeer;
      readonly localAddress: string;
      readonly options: RequestOptions;
      readonly bytes: Uint8Array;
      /** One element: 1 from the peer's first answer on. */
      readonly begun: Int32Array;
    }
  | { readonly kind: 'ask-again' | 'leave' | 'hush'; readonly number: number }
  | { readonly kind: 'abort'; readonly number: number; readonly reason: string };

/** What a thread answers, once for each start. */
export interface FromThread {
  readonly number: number;
  readonly ended: TransferResult | { readonly failed: string };
}

export interface TransferThreads {
  readonly start: StartTransfer;
  close(): Promise<void>;
}

/** What is shorter is sent before a thread has heard of it. Bytes. */
const WORTH_A_THREAD = 64 * 1024;
/** A request that is repeated more often than this is not passed on. Milliseconds. */
const REPEAT_MS = 20;

/** More would wait for the network, and each takes memory. */
const MOST_THREADS = 4;

/** As many as there are processors. With one alone there is nothing to share. */
export function threadsWorthwhile(processors = availableParallelism()): number {
  return processors === 1 ? 0 : Math.min(processors, MOST_THREADS);
}

/**
 * Kernels go out from threads, so that a rack is served by more than one processor, and DHCP is answered meanwhile; each
 * file is in memory once. A thread is started when it is needed first, and anew where it has died. Once one has died
 * before it ended a single transfer, all run here: better slowly than never.
 * @param program runs `serveTransfers`
 * @param count of threads; with 0 of them all transfers run here
 * @param least bytes of a file that is left to a thread
 */
export function transferThreads({
  program,
  count,
  least = WORTH_A_THREAD,
  clock,
  log,
}: {
  readonly program: URL;
  readonly count: number;
  readonly least?: number;
  readonly clock: Clock;
  readonly log: Log;
}): TransferThreads {
  const here = transfersHere(clock);
  const threads: (Thread | null)[] = Array.from({ length: count }, () => null);
  let useless = false;
  const leastBusy = (): Thread | null => {
    const slot = threads.reduce(
      (least, thread, index) => ((thread?.load() ?? 0) < (threads[least]?.load() ?? 0) ? index : least),
      0,
    );
    if (slot >= count) return null;
    const found = threads[slot] ?? openThread(program, clock);
    if (threads[slot] !== found) {
      threads[slot] = found;
      found.ended.then((reason) => {
        threads[slot] = null;
        if (reason === null) return;
        useless ||= !found.hasWorked();
        log.error('tftp.thread', {
          error: reason,
          goesOn: useless ? 'without threads' : 'with another thread',
        });
      });
    }
    return found;
  };
  return {
    start(job) {
      const { shared, size } = job.source;
      const thread = shared === undefined || size < least || useless ? null : leastBusy();
      return thread === null || shared === undefined ? here(job) : thread.start(job, shared);
    },
    async close() {
      await Promise.all(threads.map((thread) => thread?.close()));
    },
  };
}

interface Thread {
  /** Transfers under way. */
  load(): number;
  /** It has ended a transfer. */
  hasWorked(): boolean;
  start(job: TransferJob, bytes: Uint8Array): RunningTransfer;
  /** Resolves with what it died of, null where it was closed. */
  readonly ended: Promise<string | null>;
  close(): Promise<void>;
}

function openThread(program: URL, clock: Clock): Thread {
  const worker = new Worker(program);
  const waiting = new Map<number, (ended: FromThread['ended']) => void>();
  let last = 0;
  let worked = false;
  let death: string | null = null;
  const tell = (message: ToThread) => worker.postMessage(message);

  worker.unref();
  worker.on('message', ({ number, ended }: FromThread) => {
    worked = true;
    waiting.get(number)?.(ended);
  });
  worker.once('error', (error) => {
    death = messageOf(error);
  });
  const ended = new Promise<string | null>((resolve) => {
    worker.once('exit', () => {
      for (const settle of waiting.values()) {
        settle({ outcome: 'aborted', bytes: 0, reason: 'the thread of its transfer ended' });
      }
      resolve(death);
    });
  });

  return {
    load: () => waiting.size,
    hasWorked: () => worked,
    ended,
    start({ peer: { address, port, family }, localAddress, options }, bytes) {
      last += 1;
      const number = last;
      const begun = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
      const done = new Promise<TransferResult>((resolve, reject) => {
        waiting.set(number, (told) => {
          waiting.delete(number);
          if ('failed' in told) reject(new Error(told.failed));
          else resolve(told);
        });
      });
      let askedAt = clock.now();
      tell({ kind: 'start', number, peer: { address, port, family }, localAddress, options, bytes, begun });
      return {
        done,
        hasBegun: () => Atomics.load(begun, 0) === 1,
        askAgain() {
          // A flood of requests must not become one of messages.
          if (clock.now() - askedAt < REPEAT_MS) return;
          askedAt = clock.now();
          tell({ kind: 'ask-again', number });
        },
        leave: () => tell({ kind: 'leave', number }),
        hush: () => tell({ kind: 'hush', number }),
        abort: (reason) => tell({ kind: 'abort', number, reason }),
      };
    },
    async close() {
      await worker.terminate();
    },
  };
}
