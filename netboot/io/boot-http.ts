import type { Server } from 'node:net';
import { messageOf } from '../../src/common/error.ts';
import type { Clock, Log } from '../../src/common/port.ts';
import type { Armed, BootEvent } from '../catalog.ts';
import type { ListFiles, OpenedFile, OpenFile } from '../files.ts';
import { type Ending, eventOf } from '../http/event.ts';
import { fileReply } from '../http/file-reply.ts';
import { indexText } from '../http/index-text.ts';
import type { RequestHead } from '../http/request.ts';
import type { Fields, Status } from '../http/response.ts';
import { type Route, route } from '../http/routes.ts';
import type { Lookup } from '../lookup.ts';
import type { RenderAnswers } from './fresh-passwords.ts';
import type { Reply } from './http-connection.ts';
import type { HttpLimits } from './http-limits.ts';
import { serveHttp } from './http-server.ts';
import { sendFile } from './send-file.ts';

export interface BootHttpParts {
  /** Listening, perhaps handed over by another process; taken over with all its connections. */
  readonly server: Server;
  readonly lookup: () => Lookup;
  readonly report: (event: BootEvent, audit: Audit) => void;
  /** Into the log alone. */
  readonly note: (event: BootEvent, audit: Audit) => void;
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
  const { server, lookup, clock, log, limits } = parts;
  const close = serveHttp({
    listener: server,
    limits,
    now: clock.now,
    isKnown: (address) => lookup().byRemote(address) !== null,
    answer: (request, reply) => answer(parts, request, reply),
    refused(from, status, reason) {
      const event = { kind: 'http', at: clock.now(), name: null, from, path: '', status, reason } as const;
      parts.report(event, { method: '', status, bytes: 0, seconds: 0 });
    },
    onError: (error) => log.warn('http.listener', { error: messageOf(error) }),
  });
  return { close };
}

/** What can be answered at once is: a turn of the event loop costs as much as the rest. */
function answer(parts: BootHttpParts, request: RequestHead, reply: Reply): undefined | Promise<undefined> {
  const { clock, log } = parts;
  const began = clock.now();
  const { from } = reply;
  const found = route(
    { method: request.method, url: request.target, remoteAddress: from },
    parts.lookup(),
    began,
  );
  const tell = (end: Ending) => {
    const now = clock.now();
    const seconds = (now - began) / 1000;
    const audit = { method: request.method, status: end.status, bytes: end.bytes, seconds };
    const event = eventOf(found, end, seconds, from, now);
    // Somebody looked, nobody fetched: no event.
    if (request.method === 'HEAD' && found.kind !== 'refused') parts.note(event, audit);
    else parts.report(event, audit);
    return undefined;
  };
  const end = respond(parts, found, request, reply);
  if (!(end instanceof Promise)) return tell(end);
  return end
    .catch((error: unknown): Ending => ({ status: 500, bytes: 0, reason: messageOf(error) }))
    .then((ended) => {
      tell(ended);
      if (ended.status !== 500) return undefined;
      const { reason = '' } = ended;
      log.warn('http.aborted', { from, path: found.shown, reason });
      throw new Error(reason); // ends the connection
    });
}

function respond(
  parts: BootHttpParts,
  found: Route,
  request: RequestHead,
  reply: Reply,
): Ending | Promise<Ending> {
  switch (found.kind) {
    case 'text':
      return sendText(reply, request, 200, found.text);
    case 'with-passwords':
      return sendFresh(parts, found.armed, request, reply);
    case 'done':
      return sendText(reply, request, 200, 'noted\n');
    case 'refused': {
      // The reason is for the operator: who asks must not learn what exists.
      const text = found.status === 404 ? 'not found\n' : 'refused\n';
      return sendText(
        reply,
        request,
        found.status,
        text,
        found.status === 405 ? { Allow: 'GET, HEAD', ...TEXT } : TEXT,
      );
    }
    case 'index':
      return sendIndex(parts, found.directory, request, reply);
    case 'file':
      return sendSet(parts, found.path, request, reply);
  }
}

async function sendFresh(
  { renderAnswers }: BootHttpParts,
  armed: Armed,
  request: RequestHead,
  reply: Reply,
): Promise<Ending> {
  if (request.method === 'HEAD') {
    // None are made for somebody who only looks, and without them nobody knows the length (RFC 9110 §8.6).
    reply.head(200, TEXT);
    return { status: 200, bytes: 0 };
  }
  try {
    return sendText(reply, request, 200, await renderAnswers(armed));
  } catch (error) {
    const reason = `passwords: ${messageOf(error)}`;
    return { ...sendText(reply, request, 503, 'try again\n', AT_ONCE), reason };
  }
}

async function sendIndex(
  { openFile, listFiles }: BootHttpParts,
  directory: string,
  request: RequestHead,
  reply: Reply,
): Promise<Ending> {
  const index = await indexOf(directory, openFile, listFiles);
  if (typeof index === 'string') return sendText(reply, request, 200, index);
  return { ...sendText(reply, request, 404, 'not found\n'), reason: index.missing };
}

/** Larger ones are none. Bytes. */
const LARGEST_INDEX = 1024 * 1024;

async function indexOf(
  directory: string,
  openFile: OpenFile,
  listFiles: ListFiles,
): Promise<string | { readonly missing: string }> {
  const files = await listFiles(directory);
  if ('missing' in files) return files;
  const opened = await openFile(`${directory}/index.txt`);
  if ('missing' in opened) return indexText(null, files);
  try {
    const bytes = new Uint8Array(Math.min(opened.size, LARGEST_INDEX));
    const length = await opened.read(bytes, 0);
    return indexText(Buffer.from(bytes.subarray(0, length)).toString('utf8'), files);
  } finally {
    await opened.close();
  }
}

async function sendSet(
  { openFile, clock }: BootHttpParts,
  path: string,
  request: RequestHead,
  reply: Reply,
): Promise<Ending> {
  const file = await openFile(path);
  if ('missing' in file) return { ...sendText(reply, request, 404, 'not found\n'), reason: file.missing };
  try {
    return await sendOpened(file, request, reply, clock.now());
  } finally {
    await file.close();
  }
}

async function sendOpened(
  file: OpenedFile,
  { method, fields }: RequestHead,
  reply: Reply,
  now: number,
): Promise<Ending> {
  const { status, headers, offset, length } = fileReply(
    {
      range: method === 'HEAD' ? undefined : fields.get('range'), // RFC 9110 §14.2
      ifRange: fields.get('if-range'),
      ifMatch: fields.get('if-match'),
      ifUnmodifiedSince: fields.get('if-unmodified-since'),
      ifNoneMatch: fields.get('if-none-match'),
      ifModifiedSince: fields.get('if-modified-since'),
    },
    file,
    now,
  );
  reply.head(status, headers);
  if (method === 'HEAD' || length === 0) return { status, bytes: 0 };
  const { bytes, fault } = await sendFile(file, offset, length, reply);
  if (fault !== null) return { status: 500, bytes, reason: fault };
  if (bytes === length) return { status, bytes };
  const reason = reply.cut();
  return reason === null ? { status: CLIENT_LEFT, bytes } : { status: CLIENT_LEFT, bytes, reason };
}

const TEXT: Fields = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };
/** The one value at which ftp(1) asks again, once: by then another thread makes them. */
const AT_ONCE: Fields = { ...TEXT, 'Retry-After': '0' };

function sendText(
  reply: Reply,
  { method }: RequestHead,
  status: Status,
  text: string,
  fields: Fields = TEXT,
): Ending {
  const bytes = reply.text(status, fields, text);
  return { status, bytes: method === 'HEAD' ? 0 : bytes };
}
