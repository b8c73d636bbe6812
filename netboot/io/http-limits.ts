import { createServer, type RequestListener, type Server } from 'node:http';
import { sharerOf } from '../lookup.ts';

/** Milliseconds. A client that sends its request slower, or takes nothing for as long as `idle`, is cut off. */
export interface HttpLimits {
  readonly headers: number;
  readonly request: number;
  readonly idle: number;
  readonly keepAlive: number;
  /** How often it is looked who is too slow. */
  readonly look: number;
}

const LIMITS: HttpLimits = {
  headers: 10_000,
  request: 15_000,
  idle: 60_000,
  keepAlive: 5_000,
  look: 2_000,
};
const MOST_CONNECTIONS = 512;
const MOST_PER_ADDRESS = 64;
const HEADER_BYTES = 8192;

/** An HTTP server that no client can use up by being slow, or many. */
export function limitedServer(listener: RequestListener, limits: HttpLimits = LIMITS): Server {
  const http = createServer(
    {
      headersTimeout: limits.headers,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: limits.look,
      maxHeaderSize: HEADER_BYTES,
    },
    listener,
  );
  http.maxConnections = MOST_CONNECTIONS;
  http.timeout = limits.idle;
  limitPerAddress(http);
  return http;
}

/** One address may not use up what all share. */
function limitPerAddress(http: Server): void {
  const open = new Map<string, number>();
  http.on('connection', (socket) => {
    const address = sharerOf(socket.remoteAddress ?? '');
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
    if (count > MOST_PER_ADDRESS) socket.destroy();
  });
}
