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
/** What is left beyond these is for machines of the catalog: a stranger can have many addresses. */
const MOST_WITH_STRANGERS = 384;
const HEADER_BYTES = 8192;

/**
 * An HTTP server that no client can use up by being slow, or many.
 * @param isKnown whether a machine of the catalog has this address
 */
export function limitedServer(
  listener: RequestListener,
  isKnown: (address: string) => boolean,
  limits: HttpLimits = LIMITS,
): Server {
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
  limitPerAddress(http, isKnown);
  return http;
}

/** One address may not use up what all share, nor may many of strangers. */
function limitPerAddress(http: Server, isKnown: (address: string) => boolean): void {
  const open = new Map<string, number>();
  let all = 0;
  http.on('connection', (socket) => {
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
    if (count > MOST_PER_ADDRESS || (all > MOST_WITH_STRANGERS && !isKnown(address))) socket.destroy();
  });
}
