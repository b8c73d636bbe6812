import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock, Log } from '../../common/port.ts';
import { tokenOf, watchingAt } from '../../web/door.ts';
import { type Channel, parseChannel, refuseHost, refuseOrigin } from '../../web/guard.ts';
import type { Operator } from '../../web/operator.ts';
import type { Changes } from './changes.ts';
import { sendChanges } from './channels.ts';
import { openConsoleChannel } from './console-channel.ts';
import type { Doorkeeper } from './doorkeeper.ts';

/** Open WebSockets at once: each costs some memory, and a browser opens two for a console page. */
const MAX_SOCKETS = 2000;
/** Bytes of one message from a browser: keys that may wait at once, as JSON. */
const MAX_MESSAGE = 32 * 1024;
/** How often a peer is asked whether it is still there, in milliseconds. */
const PING_EVERY = 30_000;

export interface SocketParts {
  readonly operator: Operator;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
  /** The address that this server listens on. */
  readonly address: string;
  readonly door: Doorkeeper;
}

export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

interface Refusal {
  readonly status: string;
  readonly text: string;
}

export function openSockets(parts: SocketParts): Sockets {
  const { clock, log } = parts;
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false });
  const stopPinging = pingAll(server, clock);

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const channel = parseChannel(request.url ?? '');
    const refusal = await refuse(request, channel, server.clients.size, parts);
    if (channel === null || refusal !== null) return refuseUpgrade(socket, refusal ?? NO_SUCH_CHANNEL);
    const token = tokenOf(request.headers.cookie, request.headers.host);
    server.handleUpgrade(request, socket, head, (ws) => open(ws, channel, token, parts));
  };
  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      upgrade(request, socket, head).catch((error: unknown) => {
        log.error('web.upgrade-failed', { error });
        refuseUpgrade(socket, { status: '500 Internal Server Error', text: 'The log says why.' });
      });
    },
    close() {
      stopPinging();
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

const NO_SUCH_CHANNEL: Refusal = { status: '404 Not Found', text: 'There is no such channel.' };

async function refuse(
  { headers, method }: IncomingMessage,
  channel: Channel | null,
  open: number,
  { address, changes, door }: SocketParts,
): Promise<Refusal | null> {
  const foreign = refuseHost(headers.host, address) ?? refuseOrigin(headers.origin, headers.host);
  if (foreign !== null) return { status: '403 Forbidden', text: foreign };
  if (watchingAt(address) === 'login' && door.nameOf(tokenOf(headers.cookie, headers.host)) === null) {
    return {
      status: '401 Unauthorized',
      text: 'Log in first: `puffboot login` on the server prints a link.',
    };
  }
  if (channel === null || method !== 'GET') return NO_SUCH_CHANNEL;
  if (open >= MAX_SOCKETS) {
    return { status: '503 Service Unavailable', text: `Already ${open} pages are watching.` };
  }
  if (channel.kind === 'events') return null;
  const known = (await changes.all()).some(({ name }) => name === channel.vm);
  return known ? null : { status: '404 Not Found', text: `There is no VM "${channel.vm}".` };
}

function refuseUpgrade(socket: Duplex, { status, text }: Refusal): void {
  const head = [`HTTP/1.1 ${status}`, 'Content-Type: text/plain; charset=utf-8', 'Connection: close'];
  const body = `${text}\n`;
  // A peer that never closes its side would hold the server open.
  socket.once('finish', () => socket.destroy());
  socket.end([...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
}

function open(ws: WebSocket, channel: Channel, token: string | null, parts: SocketParts): void {
  const { operator, changes, door, log } = parts;
  // What the peer sends wrong closes the socket; there is nothing more to do about it.
  ws.on('error', (error) => log.debug('web.socket-error', { error }));
  if (channel.kind === 'console') {
    openConsoleChannel({ socket: ws, vm: channel.vm, operator, visitor: () => door.nameOf(token) });
  } else {
    ws.on('message', () => ws.close(1008, 'read-only'));
    sendChanges(ws, channel.vm, changes);
  }
}

/** Ends connections whose peer has gone without a word: no pong since the last ping. */
function pingAll(server: WebSocketServer, clock: Clock): () => void {
  const silent = new WeakSet<WebSocket>();
  const tick = () => {
    for (const client of server.clients) {
      if (silent.has(client)) {
        client.terminate();
        continue;
      }
      silent.add(client);
      client.once('pong', () => silent.delete(client));
      client.ping();
    }
    cancel = clock.timer(clock.now() + PING_EVERY, tick);
  };
  let cancel = clock.timer(clock.now() + PING_EVERY, tick);
  return () => cancel();
}
