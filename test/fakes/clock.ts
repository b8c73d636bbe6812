import type { Clock } from '../../src/common/port.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Time that stands still until a test moves it. Timers fire in the order of their times, then of their making. */
export class FakeClock implements Clock {
  #now: number;
  #made = 0;
  readonly #timers = new Set<Timer>();

  /** @param start milliseconds since the epoch */
  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  timer(at: number, fire: () => void): () => void {
    const timer: Timer = { at, order: this.#made++, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on by `milliseconds` and fires what falls due, each at its own time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let timer = this.#next(end); timer !== null; timer = this.#next(end)) this.#fire(timer);
    this.#now = end;
  }

  /** As `advance`, but lets promises settle before each timer and after the last one. */
  async run(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (let timer = this.#next(end); timer !== null; timer = this.#next(end)) {
      this.#fire(timer);
      await settled();
    }
    this.#now = end;
  }

  #next(end: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (first === null || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.fire();
  }
}

/** Lets every promise that is already resolved run its continuations. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
