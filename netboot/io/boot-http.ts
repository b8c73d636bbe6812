import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';
import { errnoOf, messageOf } from '../../src/common/error.ts';
import type { Clock, Log } from '../../src/common/port.ts';
import type { BootEvent } from '../catalog.ts';
import type { ListFiles, OpenedFile, OpenFile } from '../files.ts';
import { fileReply } from '../http/file-reply.ts';
import { indexText } from '../http/index-text.ts';
import { type Route, route } from '../http/routes.ts';
import type { Lookup } from '../lookup.ts';
import type { RenderAnswers } from './fresh-passwords.ts';
import { type HttpLimits, limitedServer } from './http-limits.ts';
import { sendFile } from './send-file.ts';

export interface BootHttpParts {
  /** Listening, perhaps handed over by another process; taken over with all its connections. */
  readonly server: NetServer;
  readonly lookup: () => Lookup;
  readonly report: (event: BootEvent, audit: Audit) => void;
  readonly openFile: OpenFile;
  readonly listFiles: ListFiles;
  readonly renderAnswers: RenderAnswers;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: HttpLimits;
}

/** What went over the wire for one request. */
export interface Audit {
  readonly method: string;
  readonly status: number;
  readonly bytes: number;
  readonly seconds: number;
}

export interface BootHttpService {
  /** Ends listener and connections. */
  close(): Promise<void>;
}

/** Told instead of the status that was sent; see `BootEvent`. */
const CLIENT_LEFT = 499;

export function serveBootHttp(parts: BootHttpParts): BootHttpService {
  const http = limitedServer(
    (request, response) => void answer(parts, request, response),
    (address) => parts.lookup().byRemote(address) !== null,
    parts.limits,
  );
  http.on('clientError', (error, socket) => refuseBroken(parts, error, socket as Socket));
  http.on('error', (error) => parts.log.warn('http.listener', { error: messageOf(error) }));
  http.listen(parts.server);
  return {
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

async function answer(
  parts: BootHttpParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { clock, log } = parts;
  const began = clock.now();
  const from = (request.socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
  const method = request.method ?? '';
  // Nothing here takes a body; one that is announced is not waited for.
  if ('content-length' in request.headers || 'transfer-encoding' in request.headers) {
    response.setHeader('Connection', 'close');
  }
  const found = route({ method, url: request.url ?? '', remoteAddress: from }, parts.lookup(), began);
  let end: Ending = { status: 500, bytes: 0 };
  try {
    end = await respond(parts, found, request, response);
  } catch (error) {
    log.warn('http.aborted', { from, path: found.shown, reason: messageOf(error) });
    response.destroy();
  }
  const audit = { method, seconds: (clock.now() - began) / 1000, ...end };
  if (method === 'HEAD' && found.kind !== 'refused') {
    log.info('http.head', { from, path: found.shown }); // somebody looked, nobody fetched: no event
    return;
  }
  parts.report(eventOf(found, audit, from, clock.now()), audit);
}

interface Ending {
  readonly status: number;
  readonly bytes: number;
  /** Why the file could not be served after all. */
  readonly reason?: string;
}

async function respond(
  { openFile, listFiles, renderAnswers }: BootHttpParts,
  found: Route,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Ending> {
  switch (found.kind) {
    case 'text':
      return sendText(response, request, 200, found.text);
    case 'with-passwords':
      try {
        // Nobody reads what a HEAD is answered with.
        const text = request.method === 'HEAD' ? '' : await renderAnswers(found.armed);
        return await sendText(response, request, 200, text);
      } catch (error) {
        const reason = `passwords: ${messageOf(error)}`;
        return { ...sendText(response, request, 503, 'try again\n'), reason };
      }
    case 'done':
      return sendText(response, request, 200, 'noted\n');
    case 'refused':
      if (found.status === 405) response.setHeader('Allow', 'GET, HEAD');
      // The reason is for the operator: who asks must not learn what exists.
      return sendText(response, request, found.status, found.status === 404 ? 'not found\n' : 'refused\n');
    case 'index': {
      const text = await indexOf(found.directory, openFile, listFiles);
      if (text !== null) return sendText(response, request, 200, text);
      return { ...sendText(response, request, 404, 'not found\n'), reason: 'no such directory' };
    }
    case 'file': {
      const file = await openFile(found.path);
      if ('missing' in file) {
        return { ...(await sendText(response, request, 404, 'not found\n')), reason: file.missing };
      }
      try {
        return await sendSet(file, request, response);
      } finally {
        await file.close();
      }
    }
  }
}

/** Larger ones are none. Bytes. */
const LARGEST_INDEX = 1024 * 1024;

async function indexOf(directory: string, openFile: OpenFile, listFiles: ListFiles): Promise<string | null> {
  const files = await listFiles(directory);
  if (files === null) return null;
  const opened = await openFile(`${directory}/index.txt`);
  if ('missing' in opened) return indexText(null, files);
  try {
    const bytes = new Uint8Array(Math.min(opened.size, LARGEST_INDEX));
    const length = await opened.read(bytes, 0);
    return indexText(Buffer.from(bytes.subarray(0, length)).toString('latin1'), files);
  } finally {
    await opened.close();
  }
}

async function sendSet(
  file: OpenedFile,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Ending> {
  const { headers } = request;
  const ifRange = headers['if-range'];
  const reply = fileReply(
    {
      range: request.method === 'HEAD' ? undefined : headers.range, // RFC 9110 §14.2
      ifRange: Array.isArray(ifRange) ? ifRange[0] : ifRange,
      ifNoneMatch: headers['if-none-match'],
      ifModifiedSince: headers['if-modified-since'],
    },
    file,
  );
  response.writeHead(reply.status, reply.headers);
  if (request.method === 'HEAD' || reply.length === 0) {
    response.end();
    return { status: reply.status, bytes: 0 };
  }
  const bytes = await sendFile(file, reply.offset, reply.length, response);
  return { status: bytes === reply.length ? reply.status : CLIENT_LEFT, bytes };
}

function sendText(response: ServerResponse, request: IncomingMessage, status: number, text: string): Ending {
  const length = Buffer.byteLength(text);
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(length),
    'Cache-Control': 'no-store',
  });
  const withBody = request.method !== 'HEAD';
  response.end(withBody ? text : undefined); // as text it leaves with the headers in one write
  return { status, bytes: withBody ? length : 0 };
}

function eventOf(found: Route, end: Ending & Audit, from: string, at: number): BootEvent {
  const base = { at, name: found.client?.name ?? null, from };
  const { shown } = found;
  const reason = found.kind === 'refused' ? found.reason : (end.reason ?? null);
  switch (found.subject) {
    case 'response-file':
      return {
        ...base,
        kind: 'response-file',
        path: shown,
        outcome: reason === null ? 'served' : 'refused',
        reason,
      };
    case 'install-done':
      return found.kind === 'done'
        ? { ...base, kind: 'install-done', token: found.token, outcome: 'accepted' }
        : { ...base, kind: 'install-done', token: '', outcome: 'refused' };
    case 'set':
      return {
        ...base,
        kind: 'set',
        path: shown,
        status: end.status,
        bytes: end.bytes,
        seconds: end.seconds,
      };
    case 'other':
      return { ...base, kind: 'http', path: shown, status: end.status, reason: reason ?? 'no such path' };
  }
}

const BROKEN: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};

function refuseBroken({ report, clock }: BootHttpParts, error: Error, socket: Socket): void {
  const from = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
  const [status, text] = BROKEN[errnoOf(error) ?? ''] ?? [400, 'Bad Request'];
  if (socket.writable)
    socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  socket.destroySoon();
  const event = { kind: 'http', at: clock.now(), name: null, from, path: '', status, reason: text } as const;
  report(event, { method: '', status, bytes: 0, seconds: 0 });
}
