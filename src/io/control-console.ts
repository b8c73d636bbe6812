import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Log } from '../common/port.ts';
import { visitorName } from '../web/door.ts';
import type { Operator } from '../web/operator.ts';
import { openConsoleChannel } from './web/console-channel.ts';

/** Bytes of one message from a terminal: keys that may wait at once, as JSON. */
const MAX_MESSAGE = 32 * 1024;

export interface ControlConsoles {
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  close(): void;
}

/**
 * Consoles on the control socket: `/console/VM?by=NAME`, spoken as on the operator web. Whoever may open the
 * socket may type; the name is only for the others.
 */
export function openControlConsoles(operator: Operator, log: Log): ControlConsoles {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false });
  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      const channel = parseChannel(request.url ?? '');
      if (channel === null) {
        socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, (ws) => {
        ws.on('error', (error) => log.debug('control.socket-error', { error }));
        openConsoleChannel({ socket: ws, vm: channel.vm, operator, visitor: () => channel.by });
      });
    },
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

function parseChannel(target: string): { readonly vm: string; readonly by: string } | null {
  const [path = '', query = ''] = target.split('?', 2);
  const name = /^\/console\/([^/]+)$/.exec(path)?.[1];
  if (name === undefined) return null;
  try {
    return { vm: decodeURIComponent(name), by: visitorName(new URLSearchParams(query).get('by')) };
  } catch {
    return null; // A stray percent sign.
  }
}
