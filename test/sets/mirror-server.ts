import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a file of the mirror does wrong, once or always. */
export type Fault =
  /** Half of it, then the connection is cut. */
  | 'cut'
  /** Half of it, then nothing more. */
  | 'stall'
  /** One bit is another one. */
  | 'tamper'
  | 'missing'
  | 'busy'
  /** Ranges are ignored. */
  | 'no-range'
  /** A little at a time, but never nothing for long. */
  | 'slow'
  /** It never says how long it is. */
  | 'chunked';

export interface Mirror {
  readonly url: string;
  /** Paths asked for, with the range: `7.6/amd64/bsd bytes=3-`. */
  readonly asked: readonly string[];
  files: Record<string, string | Uint8Array>;
  /** By file name; a list is used up, one request each. */
  faults: Record<string, Fault | Fault[]>;
  close(): Promise<void>;
}

/** A mirror of `pub/OpenBSD` on a loopback port, with real sockets and as many faults as a test wants. */
export async function openMirror(): Promise<Mirror> {
  const asked: string[] = [];
  const mirror = { files: {} as Mirror['files'], faults: {} as Mirror['faults'] };
  const server = createServer((request, response) => answer(mirror, asked, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(mirror, {
    url: `http://127.0.0.1:${port}/pub/OpenBSD`,
    asked,
    close: () => closed(server),
  });
}

function answer(
  { files, faults }: Pick<Mirror, 'files' | 'faults'>,
  asked: string[],
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = (request.url ?? '').replace('/pub/OpenBSD/', '');
  const { range } = request.headers;
  asked.push(range === undefined ? path : `${path} ${range}`);
  const fault = take(faults, path.split('/').at(-1) ?? '');
  const file = files[path];
  if (fault === 'busy') return void response.writeHead(503).end();
  if (file === undefined || fault === 'missing') return void response.writeHead(404).end();
  const whole = Buffer.from(file);
  if (fault === 'tamper') whole[0] = (whole[0] ?? 0) ^ 1;
  const from = range === undefined || fault === 'no-range' ? 0 : Number(/\d+/.exec(range)?.[0]);
  if (from >= whole.length && from > 0) return void response.writeHead(416).end();
  const body = whole.subarray(from);
  if (from > 0) {
    response.writeHead(206, {
      'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}`,
      'content-length': body.length,
    });
  } else response.writeHead(200, fault === 'chunked' ? {} : { 'content-length': body.length });
  if (fault === 'slow') return void dribble(response, body);
  if (fault !== 'cut' && fault !== 'stall') return void response.end(body);
  response.write(body.subarray(0, Math.ceil(body.length / 2)), () => {
    if (fault === 'cut') response.destroy();
  });
}

function dribble(response: ServerResponse, body: Buffer): void {
  if (body.length === 0) return void response.end();
  const piece = Math.min(body.length, 4000);
  response.write(body.subarray(0, piece), () =>
    setTimeout(() => dribble(response, body.subarray(piece)), 10),
  );
}

function take(faults: Mirror['faults'], name: string): Fault | undefined {
  const fault = faults[name];
  return Array.isArray(fault) ? fault.shift() : fault;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
