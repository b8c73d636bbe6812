import type { Clock } from '../../common/port.ts';

/**
 * Carries out `work` at most once per `interval` milliseconds, however often it is requested; a request that
 * comes while it runs makes it run once more.
 */
export function coalesce(clock: Clock, interval: number, work: () => Promise<void>): Coalesced {
  let state: 'idle' | 'waiting' | 'running' | 'stopped' = 'idle';
  let again = false;
  let last = Number.NEGATIVE_INFINITY;
  let cancel = () => {};

  const request = () => {
    if (state === 'running') again = true;
    if (state !== 'idle') return;
    state = 'waiting';
    cancel = clock.timer(Math.max(clock.now(), last + interval), () => void run());
  };
  const run = async () => {
    state = 'running';
    last = clock.now();
    await work();
    if (state !== 'running') return;
    state = 'idle';
    if (again) request();
    again = false;
  };
  const stop = () => {
    state = 'stopped';
    cancel();
  };
  return { request, stop };
}

export interface Coalesced {
  request(): void;
  stop(): void;
}

/**
 * Shares answers between those who ask at the same time. Each gets an answer that was begun after the question,
 * so nobody is told what was true before.
 */
export function shareAnswers<T>(ask: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  const start = () => {
    next = null;
    const answer = ask().finally(() => {
      if (running === answer) running = null;
    });
    running = answer;
    return answer;
  };
  return () => {
    if (running === null) return start();
    next ??= running.then(start, start);
    return next;
  };
}
