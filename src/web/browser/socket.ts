/** Pauses between attempts to connect, in seconds; the last one repeats. */
const PAUSES = [1, 2, 4, 8, 15];

export interface Channel {
  /** Path on this server. */
  readonly path: string;
  message(data: string | Uint8Array): void;
  /** Seconds until the next attempt, or null: connected. Called each second while waiting. */
  link(retryIn: number | null): void;
}

/**
 * Keeps a WebSocket to this server open, for as long as the page is.
 * @returns how to speak to the server; what is said while there is no connection is lost
 */
export function connect(channel: Channel): { send(text: string): void } {
  let attempt = 0;
  let current: WebSocket | null = null;
  const open = () => {
    const socket = new WebSocket(new URL(channel.path, location.href));
    current = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      attempt = 0;
      channel.link(null);
    });
    socket.addEventListener('message', ({ data }) => {
      channel.message(data instanceof ArrayBuffer ? new Uint8Array(data) : String(data));
    });
    socket.addEventListener('close', () => {
      wait(PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 1);
      attempt += 1;
    });
  };
  const wait = (seconds: number) => {
    if (seconds <= 0) {
      channel.link(0);
      open();
      return;
    }
    channel.link(seconds);
    const timer = setTimeout(() => next(seconds - 1), 1000);
    const next = (left: number) => {
      clearTimeout(timer);
      removeEventListener('online', now);
      wait(left);
    };
    const now = () => next(0);
    addEventListener('online', now);
  };
  open();
  return {
    send(text) {
      if (current?.readyState === WebSocket.OPEN) current.send(text);
    },
  };
}

/** The sentence for `link`. */
export function linkText(retryIn: number | null): string {
  if (retryIn === null) return '';
  return retryIn === 0 ? 'Connecting again…' : `Connection lost, trying again in ${retryIn} s`;
}
