const MINUTE = 60_000;
const MOST_PER_MINUTE = 120;

/**
 * Keeps strangers from filling the log: each is told of once a minute, and all together at most 120 times,
 * because a stranger can make up addresses.
 */
export interface FloodGate {
  /** @param now milliseconds since the epoch */
  admits(key: string, now: number): boolean;
}

/** @param interval milliseconds in which the same is told once */
export function floodGate(interval = MINUTE): FloodGate {
  let told = new Map<string, number>();
  /** While it is full, nobody new needs to be looked for: a flood must not cost more than its packets. */
  let fullUntil = 0;
  return {
    admits(key, now) {
      if (now < fullUntil) return false;
      const before = told.get(key);
      if (before !== undefined && now - before < interval) return false;
      if (told.size >= MOST_PER_MINUTE) {
        told = new Map([...told].filter(([, at]) => now - at < interval));
        if (told.size >= MOST_PER_MINUTE) {
          fullUntil = Math.min(...told.values()) + interval;
          return false;
        }
      }
      told.set(key, now);
      return true;
    },
  };
}
