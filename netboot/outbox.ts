import type { BootEvent } from './catalog.ts';
import { type FromNetboot, isPush, parseFromNetboot, parseHeard } from './messages.ts';

/** Events that wait to be heard; more than these are not kept. */
const MOST_EVENTS = 1000;

type Kept = Extract<FromNetboot, { kind: 'event' | 'forgotten' }>;

/** What stands between the two ends of a channel that may break, or one of whose ends may be away. */
export interface Outbox {
  fromNetboot(message: unknown): void;
  fromServe(message: unknown): void;
  /** Says once more what was not heard: the connection is a new one. */
  again(): void;
}

export interface OutboxParts {
  /** Unlike that of any other outbox, so that its numbers mean nothing but its own events. */
  readonly stream: string;
  readonly toNetboot: (message: unknown) => void;
  /** Where nobody is there, it does nothing. */
  readonly toServe: (message: unknown) => void;
  readonly most?: number;
}

/**
 * Numbers what netboot did and keeps it until the other end has heard it. Whoever comes there pushes a catalog, and is
 * told everything that was not heard yet, with its number, so that what was only not acknowledged counts once. When too much waits, the oldest of strangers goes first, then the oldest; how many went is told in their place.
 */
export function openOutbox({ stream, toNetboot, toServe, most = MOST_EVENTS }: OutboxParts): Outbox {
  let kept: Kept[] = [];
  let [last, forgotten] = [0, 0];

  const next = () => {
    last += 1;
    return { stream, seq: last };
  };
  const forgetOne = () => {
    const stranger = kept.findIndex((message) => message.kind === 'event' && message.event.name === null);
    const [gone] = kept.splice(Math.max(stranger, 0), 1);
    forgotten += gone?.kind === 'forgotten' ? gone.count : 1;
  };
  const keep = (event: BootEvent) => {
    const told: Kept = { kind: 'event', event, number: next() };
    kept.push(told);
    if (kept.length > most) forgetOne();
    return told;
  };
  const again = () => {
    if (forgotten > 0) kept.push({ kind: 'forgotten', count: forgotten, number: next() });
    forgotten = 0;
    for (const told of [...kept]) toServe(told);
  };

  return {
    again,
    fromNetboot(message) {
      const parsed = parseFromNetboot(message);
      toServe(parsed?.kind === 'event' ? keep(parsed.event) : message);
    },
    fromServe(message) {
      const heard = parseHeard(message);
      if (heard === null) {
        toNetboot(message);
        if (isPush(message)) again();
      } else if (heard.stream === stream) {
        kept = kept.filter(({ number }) => (number?.seq ?? 0) > heard.seq);
      }
    },
  };
}
