import { createServer, type Server } from 'node:net';
import { httpDate } from '../http/response.ts';
import { type ConnectionParts, HttpConnection, plainAddress } from './http-connection.ts';
import { HTTP_LIMITS, type HttpLimits, MOST_CONNECTIONS, placesOf } from './http-limits.ts';

export interface HttpServerParts extends Pick<ConnectionParts, 'answer' | 'refused'> {
  /** Listening, perhaps handed over by another process; taken over with all its connections. */
  readonly listener: Server;
  /** Whether a machine of the catalog has this address. */
  readonly isKnown: (address: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onError: (error: Error) => void;
  readonly limits?: HttpLimits | undefined;
}

/**
 * HTTP/1.1 for GET and HEAD, over node:net: node:http costs three times as much for a small answer. No client can use
 * it up by being slow, or many. @returns ends listener and connections
 */
export function serveHttp(parts: HttpServerParts): () => Promise<void> {
  const { limits = HTTP_LIMITS, listener, isKnown, now, answer, refused } = parts;
  const dateAt = httpDate();
  const date = () => dateAt(now());
  const whyNot = placesOf(isKnown);
  const open = new Set<HttpConnection>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const reason = whyNot(socket);
    if (reason !== null) {
      refused(plainAddress(socket.remoteAddress), 503, reason);
      return void socket.destroy();
    }
    const connection = new HttpConnection(socket, { limits, answer, refused, date });
    open.add(connection);
    socket.once('close', () => open.delete(connection));
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('drop', (dropped) =>
    refused(plainAddress(dropped?.remoteAddress), 503, `all ${MOST_CONNECTIONS} connections are taken`),
  );
  server.on('error', parts.onError);
  server.listen(listener);
  const looking = setInterval(() => {
    for (const connection of open) connection.look();
  }, limits.look);
  return () =>
    new Promise((resolve) => {
      clearInterval(looking);
      server.close(() => resolve());
      for (const connection of open) connection.destroy();
    });
}
