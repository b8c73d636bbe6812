/** How long answers take on a path, smoothed as TCP does (RFC 6298 §2). Milliseconds. */
export interface RoundTrip {
  readonly smoothed: number;
  readonly variation: number;
}

const FIRST_WAIT = 1000;
/** Timers are not finer, and a client may be busy for as long with what it was sent. */
export const SHORTEST_WAIT = 20;

export function measured(before: RoundTrip | null, sample: number): RoundTrip {
  if (before === null) return { smoothed: sample, variation: sample / 2 };
  return {
    smoothed: 0.875 * before.smoothed + 0.125 * sample,
    variation: 0.75 * before.variation + 0.25 * Math.abs(before.smoothed - sample),
  };
}

/** How long to wait for an answer: twice as long after each try that had none. */
export function waitFor(roundTrip: RoundTrip | null, tries: number, longest: number): number {
  const once = roundTrip === null ? FIRST_WAIT : roundTrip.smoothed + 4 * roundTrip.variation;
  return Math.min(Math.ceil(Math.max(once, SHORTEST_WAIT)) * 2 ** tries, longest);
}
