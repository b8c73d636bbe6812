import { existsSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, errnoOf, messageOf, OperatorError } from '../common/error.ts';
import type { Clock, Log } from '../common/port.ts';
import type { Operator } from '../web/operator.ts';
import { webApp } from './web/app.ts';
import { followChanges } from './web/changes.ts';
import type { Doorkeeper } from './web/doorkeeper.ts';
import { openSockets } from './web/sockets.ts';

export type WebOptions = {
  readonly operator: Operator;
  /** IPv4 address to listen on, and the name that a Host header may have besides loopback's. */
  readonly address: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Who may type and, beyond loopback, watch. */
  readonly door: Doorkeeper;
} & (
  | { /** 0 takes a free one. */ readonly port: number }
  | {
      /** Bound by the parent process; it must not be used by anybody else from now on. */ readonly server: NetServer;
    }
);

export interface Web {
  /** Where to point a browser. */
  readonly url: string;
  /** Ends every connection; resolves when the port is free. */
  close(): Promise<void>;
}

/** Connections at once, those of WebSockets included. */
const MAX_CONNECTIONS = 4000;

/** What scripts/bundle-browser.mjs made: beside this program's sources, or beside its compiled form. */
const ASSETS = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/web/' : '../../web/', import.meta.url),
);

/**
 * Serves the operator web: the list of VMs and each one's console, at which whoever has logged in may type.
 * @throws OperatorError ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, PORT_PRIVILEGED naming address and port;
 *         WEB_NOT_BUILT when the browser's part is missing
 */
export async function startWeb(options: WebOptions): Promise<Web> {
  const { operator, address, clock, log, door } = options;
  if (!existsSync(`${ASSETS}console.js`)) {
    throw new OperatorError('WEB_NOT_BUILT', `${ASSETS} has no pages for browsers`);
  }
  const changes = followChanges({ operator, clock, log });
  const sockets = openSockets({ operator, changes, clock, log, address, door });
  const server = createServer(webApp({ operator, changes, clock, log, address, assets: ASSETS, door }));
  server.maxConnections = MAX_CONNECTIONS;
  server.on('upgrade', sockets.upgrade);

  const close = async () => {
    changes.close();
    sockets.close();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  try {
    await listen(server, options);
  } catch (error) {
    await close();
    throw error;
  }
  server.on('error', (error) => log.error('web.server-error', { error }));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return { url: `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${port}/`, close };
}

async function listen(server: HttpServer, options: WebOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error) => reject(listenError(error, options)));
    if ('server' in options) server.listen(options.server);
    else server.listen(options.port, options.address);
  });
  server.removeAllListeners('error');
}

const LISTEN_ERRORS: Readonly<Record<string, ErrorCode>> = {
  EADDRINUSE: 'ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'ADDRESS_UNAVAILABLE',
  EACCES: 'PORT_PRIVILEGED',
};

function listenError(error: Error, options: WebOptions): Error {
  const code = LISTEN_ERRORS[errnoOf(error) ?? ''];
  if (code === undefined) return error;
  const where = 'server' in options ? options.address : `${options.address}:${options.port}`;
  return new OperatorError(code, `cannot serve the operator web on ${where}: ${messageOf(error)}`, {
    cause: error,
  });
}
