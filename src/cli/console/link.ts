import { Agent } from 'node:http';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import type { ConsoleMessage, ConsoleRequest } from '../../web/message.ts';

export interface ConsoleLink {
  ask(request: ConsoleRequest): void;
  close(): void;
}

export interface ConsoleLinkParts {
  /** Of the control socket. */
  readonly socketPath: string;
  readonly vm: string;
  /** Name of the human, for the others. */
  readonly by: string;
  message(message: ConsoleMessage): void;
  output(bytes: Uint8Array): void;
  /** The connection is there, for the first time or again. */
  opened(): void;
  /** It is gone, and is tried again. */
  lost(): void;
  /** It has been gone for too long. */
  gaveUp(): void;
}

/** Pause between two attempts, and how long `serve` may be away. Milliseconds. */
const AGAIN_MS = 500;
const AWAY_MS = 60_000;
/** A serve that stands still is as good as gone. Milliseconds. */
const SILENT_MS = 20_000;

/** A console's channel through the control socket, across restarts of `serve`. */
export function openLink(parts: ConsoleLinkParts): ConsoleLink {
  const { socketPath, vm, by } = parts;
  const agent = new Agent();
  Object.assign(agent, { createConnection: () => connect(socketPath) });
  const url = `ws://control/console/${encodeURIComponent(vm)}?by=${encodeURIComponent(by)}`;
  let closed = false;
  let lostAt: number | null = null;
  let current: WebSocket | null = null;

  const open = () => {
    const socket = new WebSocket(url, { agent, perMessageDeflate: false, handshakeTimeout: SILENT_MS });
    current = socket;
    socket.on('open', () => {
      lostAt = null;
      parts.opened();
    });
    socket.on('message', (data: Buffer, binary) => {
      if (binary) parts.output(data);
      else parts.message(JSON.parse(data.toString('utf8')) as ConsoleMessage);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (closed) return;
      if (lostAt === null) parts.lost();
      lostAt ??= Date.now();
      if (Date.now() - lostAt > AWAY_MS) parts.gaveUp();
      else setTimeout(() => (closed ? undefined : open()), AGAIN_MS);
    });
  };
  open();
  return {
    ask(request) {
      if (current?.readyState === WebSocket.OPEN) current.send(JSON.stringify(request));
    },
    close() {
      closed = true;
      current?.close();
    },
  };
}
