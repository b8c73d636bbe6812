import type { Clock } from '../common/port.ts';

/** Longest delay that setTimeout takes; a later moment is waited for in steps. */
const LONGEST = 2 ** 31 - 1;

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  timer(at, fire) {
    let handle: NodeJS.Timeout;
    const arm = () => {
      const left = at - Date.now();
      handle = setTimeout(left > LONGEST ? arm : fire, Math.max(0, Math.min(left, LONGEST)));
    };
    arm();
    return () => clearTimeout(handle);
  },
};
