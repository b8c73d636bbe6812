import type { Socket } from 'node:net';
import { sharerOf } from '../lookup.ts';

/** Milliseconds, but for `slowBytes`. */
export interface HttpLimits {
  /** For a request from its first byte on, and for the first byte of the first one. */
  readonly head: number;
  /** Until a client has to take something of what it asked for. */
  readonly idle: number;
  /** Until the next request. */
  readonly keepAlive: number;
  /** In so long a client that asked for more than that has to take `slowBytes`. */
  readonly slow: number;
  readonly slowBytes: number;
  /** How often it is looked who is too slow. */
  readonly look: number;
}

export const HTTP_LIMITS: HttpLimits = {
  head: 10_000,
  idle: 60_000,
  keepAlive: 5_000,
  // 1 KiB a second: no link is as slow for long, and a Range goes on where the connection was cut off.
  slow: 60_000,
  slowBytes: 60 * 1024,
  look: 2_000,
};

export const MOST_CONNECTIONS = 512;
const MOST_PER_ADDRESS = 64;
/** What is left beyond these is for machines of the catalog: a stranger can have many addresses. */
const MOST_WITH_STRANGERS = 384;

/**
 * One address may not use up what all share, nor may many of strangers.
 * @param isKnown whether a machine of the catalog has this address
 * @returns counts a connection until it is closed, and says why it may not stay
 */
export function placesOf(isKnown: (address: string) => boolean): (socket: Socket) => string | null {
  const open = new Map<string, number>();
  let all = 0;
  return (socket) => {
    const address = socket.remoteAddress ?? '';
    const sharer = sharerOf(address);
    const count = (open.get(sharer) ?? 0) + 1;
    open.set(sharer, count);
    all += 1;
    socket.once('close', () => {
      all -= 1;
      const left = (open.get(sharer) ?? 1) - 1;
      if (left > 0) open.set(sharer, left);
      else open.delete(sharer);
    });
    if (count > MOST_PER_ADDRESS) return `more than ${MOST_PER_ADDRESS} connections at a time`;
    if (all <= MOST_WITH_STRANGERS || isKnown(address)) return null;
    return `a stranger beyond ${MOST_WITH_STRANGERS} connections at a time`;
  };
}
