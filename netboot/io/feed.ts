import { randomUUID } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import type { Clock, Log } from '../../src/common/port.ts';
import { isPush, parseFromNetboot } from '../messages.ts';
import { openOutbox } from '../outbox.ts';
import { onJsonLine } from './json-lines.ts';

export interface FeedParts {
  /** Listening; who connects feeds the netboot process. */
  readonly server: Server;
  /** To the netboot process. */
  readonly send: (message: unknown) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Feed {
  /** To be called with all that the netboot process says. */
  hear(message: unknown): void;
  close(): Promise<void>;
}

/** A catalog of twenty thousand armed machines has room. Characters. */
const LONGEST_LINE = 64 * 1024 * 1024;
/** A feed that takes nothing is let go. Bytes. */
const MOST_UNTAKEN = 16 * 1024 * 1024;

/**
 * Stands between a netboot process and a `serve` on another machine, whose connection comes and goes. Without it
 * the process goes on with what it was told last, also after it died and was started again; armings end at their
 * own time. What it says is kept until it was heard. The newest connection counts: the one before it may hang.
 */
export function openFeed({ server, send, clock, log }: FeedParts): Feed {
  let current: Socket | null = null;
  let lastPush: unknown = null;
  let isReady = false;
  const outbox = openOutbox({
    stream: randomUUID(),
    toNetboot: send,
    toServe: (message) => current !== null && say(current, message),
  });

  const say = (socket: Socket, message: unknown) => {
    socket.write(`${JSON.stringify(message)}\n`);
    if (socket.writableLength > MOST_UNTAKEN) socket.destroy();
  };
  server.on('connection', (socket) => {
    if (current !== null) log.warn('feed.replaced');
    current?.destroy();
    current = socket;
    log.info('feed.connected');
    socket.on('error', () => undefined); // told by its end
    socket.once('close', () => {
      if (current !== socket) return;
      current = null;
      log.warn('feed.lost');
    });
    onJsonLine(socket, LONGEST_LINE, {
      take(value) {
        if (current !== socket) return;
        const message = withSkew(value, clock.now());
        if (isPush(message)) lastPush = message;
        outbox.fromServe(message);
      },
      tooLong: () => socket.destroy(),
    });
    if (isReady) say(socket, { kind: 'ready' });
    outbox.again();
  });

  return {
    hear(message) {
      if (parseFromNetboot(message)?.kind === 'ready') {
        isReady = true;
        // A feed that is there pushes by itself.
        if (lastPush !== null && current === null) send(lastPush);
      }
      outbox.fromNetboot(message);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        current?.destroy();
      }),
  };
}

/** The other machine's clock may be wrong, or ours: an arming must not end sooner or later for that. */
function withSkew(value: unknown, now: number): unknown {
  if (!isPush(value) || typeof value.sentAt !== 'number') return value;
  return { ...value, skew: Math.round(now - value.sentAt) };
}
