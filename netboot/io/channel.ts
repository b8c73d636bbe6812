import { messageOf } from '../../src/common/error.ts';
import type { BootEvent, Catalog, EventListener, Netboot } from '../catalog.ts';
import {
  type EventNumber,
  type FromNetboot,
  type Heard,
  parseFromNetboot,
  parsePush,
  type ToNetboot,
} from '../messages.ts';

/** One end of a channel between processes: a fork's IPC, or a relay over it. */
export interface MessagePortLike {
  send(message: unknown): void;
  /** @returns a function that ends the subscription */
  onMessage(listener: (message: unknown) => void): () => void;
}

export interface RemoteNetboot extends Netboot {
  /**
   * Calls back each time the service has started, the first time too: it knows nothing then, so push again.
   * @returns a function that ends the subscription
   */
  onReady(listener: () => void): () => void;
  /** Stops listening; pushes that were not answered reject. */
  close(): void;
}

interface Waiting {
  readonly catalog: Catalog;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * The service as the other process sees it. A push outlives a restart of the service: it is sent again. An event that
 * has a number is listened to once, and acknowledged when who listens is done with it.
 * @param forgot told how many events were lost while nobody heard them
 */
export function remoteNetboot(
  port: MessagePortLike,
  now: () => number = Date.now,
  forgot: (count: number) => void = () => undefined,
): RemoteNetboot {
  const events = new Set<EventListener>();
  const ready = new Set<() => void>();
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let heard: EventNumber = { stream: '', seq: 0 };

  /** Until the last event that somebody works on is done with, in their order; null when all are. */
  let working: Promise<unknown> | null = null;

  const isNew = (number: EventNumber | undefined) => {
    if (number === undefined) return true;
    const known = number.stream === heard.stream && number.seq <= heard.seq;
    if (!known) heard = number;
    return !known;
  };
  /** Counts for all that came before. */
  const acknowledge = (number: EventNumber | undefined, works: readonly unknown[]) => {
    const pending = works.filter((work) => work instanceof Promise);
    for (const work of pending) work.catch(() => undefined); // then it is not acknowledged
    if (number === undefined) return;
    const message: Heard = { kind: 'heard', ...heard };
    if (working === null && pending.length === 0) return port.send(message);
    const worked = Promise.all([working, ...pending]).then(() => {
      if (working === worked) working = null;
      port.send(message);
    });
    worked.catch(() => undefined);
    working = worked;
  };
  const tell = (event: BootEvent) => [...events].map((listener) => listener(event));
  const send = (id: number, catalog: Catalog) => {
    const message: ToNetboot = { kind: 'push', id, catalog, sentAt: now() };
    port.send(message);
  };
  const settle = (id: number, settled: (push: Waiting) => void) => {
    const push = waiting.get(id);
    waiting.delete(id);
    if (push !== undefined) settled(push);
  };
  const stop = port.onMessage((value) => {
    const message = parseFromNetboot(value);
    switch (message?.kind) {
      case 'ready':
        for (const [id, { catalog }] of waiting) send(id, catalog);
        for (const listener of ready) listener();
        return;
      case 'pushed':
        return settle(message.id, (push) => push.resolve());
      case 'refused':
        return settle(message.id, (push) => push.reject(new Error(`netboot refuses: ${message.reason}`)));
      case 'event':
        return acknowledge(message.number, isNew(message.number) ? tell(message.event) : []);
      case 'forgotten':
        if (isNew(message.number)) forgot(message.count);
        acknowledge(message.number, []);
    }
  });

  return {
    push(catalog) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { catalog, resolve, reject });
        send(id, catalog);
      });
    },
    onEvent: (listener) => subscribe(events, listener),
    onReady: (listener) => subscribe(ready, listener),
    close() {
      stop();
      for (const { reject } of waiting.values()) reject(new Error('the channel to netboot was closed'));
      waiting.clear();
    },
  };
}

/** Answers for `netboot` on the channel, and says first that it is there. @returns a function that ends it */
export function exposeNetboot(netboot: Netboot, port: MessagePortLike): () => void {
  const send = (message: FromNetboot) => port.send(message);
  const stopEvents = netboot.onEvent((event) => send({ kind: 'event', event }));
  const stopMessages = port.onMessage((value) => {
    const push = parsePush(value);
    if (push?.kind === 'refused') return send(push);
    if (push === null) return;
    netboot.push(push.catalog).then(
      () => send({ kind: 'pushed', id: push.id }),
      (error: unknown) => send({ kind: 'refused', id: push.id, reason: messageOf(error) }),
    );
  });
  send({ kind: 'ready' });
  return () => {
    stopEvents();
    stopMessages();
  };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
