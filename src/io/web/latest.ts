import { WebSocket } from 'ws';

/** A viewer with more than this many bytes waiting for it is skipped forward. */
const MAX_BUFFERED = 1024 * 1024;

export type Send = (message: string | Uint8Array) => void;

export interface Latest {
  /** Starts from the present picture, of a source that has changed. */
  restart(): void;
  stop(): void;
}

interface Source {
  detach: () => void;
}

/**
 * Sends a peer what a source says for as long as the peer reads it. A peer that falls behind is detached from
 * the source, and once it has read what was on its way it is attached again: what the source says first must
 * therefore be a complete picture.
 * @param attach starts the source (`again` after a skip) and returns a function that ends it
 */
export function sendLatest(socket: WebSocket, attach: (send: Send, again: boolean) => () => void): Latest {
  let source: Source | null = null;
  let stopped = false;

  const start = (again: boolean) => {
    const mine: Source = { detach: () => {} };
    source = mine;
    const send: Send = (message) => {
      if (source !== mine) return;
      socket.send(message, { binary: typeof message !== 'string' }, () => drained());
      if (socket.bufferedAmount > MAX_BUFFERED) pause();
    };
    const detach = attach(send, again);
    // The picture alone may have been too much.
    if (source === mine) mine.detach = detach;
    else detach();
  };
  const pause = () => {
    source?.detach();
    source = null;
  };
  const drained = () => {
    if (source === null && !stopped && socket.bufferedAmount === 0 && socket.readyState === WebSocket.OPEN) {
      start(true);
    }
  };
  start(false);
  return {
    restart() {
      if (stopped || source === null) return; // A peer that is behind gets the new picture anyway.
      pause();
      start(false);
    },
    stop() {
      stopped = true;
      pause();
    },
  };
}
