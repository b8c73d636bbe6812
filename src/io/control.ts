import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf, OperatorError } from '../common/error.ts';
import type { Log } from '../common/port.ts';
import { dispatch } from '../web/dispatch.ts';
import type { Route } from '../web/route.ts';
import { controlPath } from './control-client.ts';
import type { ControlConsoles } from './control-console.ts';

export interface ControlParts<Context> {
  /** The state directory. Its lock is held, so a socket that is found there is a dead process's. */
  readonly directory: string;
  readonly routes: readonly Route<Context>[];
  readonly context: Context;
  readonly log: Log;
  /** What answers those who want a console instead of JSON. */
  readonly consoles?: ControlConsoles;
}

export interface Control {
  readonly path: string;
  close(): Promise<void>;
}

const LARGEST_BODY = 1 << 20;

/** Serves the routes as JSON on a unix socket that only its owner and group may use (mode 0660). */
export async function openControl<Context>(parts: ControlParts<Context>): Promise<Control> {
  const path = controlPath(parts.directory);
  await rm(path, { force: true });
  const server = createServer((request, response) => void answer(parts, request, response));
  if (parts.consoles !== undefined) server.on('upgrade', parts.consoles.upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new OperatorError('STATE_UNWRITABLE', `cannot make ${path}: ${messageOf(cause)}`, { cause })),
    );
    server.listen(path, resolve);
  });
  await chmod(path, 0o660);
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        parts.consoles?.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer<Context>(
  { routes, context, log }: ControlParts<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  try {
    const body = await bodyOf(request);
    reply(
      response,
      200,
      url === '/ping' ? { pid: process.pid } : await dispatch(routes, context, method, url, body),
    );
  } catch (error) {
    if (!(error instanceof OperatorError))
      log.error('control.failed', { method, url, error: messageOf(error) });
    const code = error instanceof OperatorError ? error.code : null;
    reply(response, code === null ? 500 : 400, { code, message: messageOf(error) });
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body ?? null);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    // Read to its end, so that the caller hears why it is refused instead of a broken pipe.
    if (length <= LARGEST_BODY) chunks.push(chunk as Buffer);
  }
  if (length > LARGEST_BODY)
    throw new OperatorError('USAGE', `a request holds at most ${LARGEST_BODY} bytes`);
  if (length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new OperatorError('USAGE', `the request is not JSON: ${messageOf(cause)}`, { cause });
  }
}
