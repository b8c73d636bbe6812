const MINUTE = 60_000;
const MOST_PER_MINUTE = 120;
/** Of what a known machine does by DHCP, where a boot takes ten. */
export const MOST_DHCP_TOLD = 60;
/** Of each other kind, where an install takes fifty. */
export const MOST_TOLD = 1000;

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
  let latest = 0;
  return {
    admits(key, now) {
      // The clock was set back: what was told lies in its future, and would not be told again until then.
      if (now < latest - interval) [told, fullUntil] = [new Map(), 0];
      latest = now;
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

/**
 * Keeps a known machine from filling the log, and from pushing the events of others out of their queue: it is told of
 * `most` times a minute.
 */
export interface MachineGate {
  readonly most: number;
  /**
   * @param now milliseconds since the epoch
   * @returns whether it may be told of; `last` where that is all for this minute
   */
  take(machine: string, now: number): 'told' | 'last' | 'over';
}

export function machineGate(most: number): MachineGate {
  const minutes = new Map<string, { readonly since: number; told: number }>();
  return {
    most,
    take(machine, now) {
      const minute = minutes.get(machine);
      if (minute === undefined || Math.abs(now - minute.since) >= MINUTE) {
        minutes.set(machine, { since: now, told: 1 });
        return 'told';
      }
      if (minute.told >= most) return 'over';
      minute.told += 1;
      return minute.told === most ? 'last' : 'told';
    },
  };
}
