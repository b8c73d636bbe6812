import type { Clock } from './port.ts';

/** What is added within so many milliseconds goes together. */
const TOGETHER_MS = 5;

export interface Gatherer<T> {
  add(item: T): void;
  flush(): void;
}

/**
 * Sends what comes alone at once, and what follows soon after it together: a message to another process costs as much
 * as a DHCP answer, and a rack that is switched on makes thousands a second.
 */
export function gatherer<T>(send: (items: readonly T[]) => void, clock: Clock): Gatherer<T> {
  let items: T[] = [];
  let resting = false;
  const flush = () => {
    const gathered = items;
    items = [];
    if (gathered.length > 0) send(gathered);
  };
  const goOn = () => {
    resting = items.length > 0;
    if (!resting) return;
    clock.timer(clock.now() + TOGETHER_MS, goOn);
    flush();
  };
  return {
    add(item) {
      items.push(item);
      if (!resting) goOn();
    },
    flush,
  };
}
