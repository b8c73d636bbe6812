import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RequestHead } from '../../../netboot/http/request.ts';
import type { Reply } from '../../../netboot/io/http-connection.ts';
import { HTTP_LIMITS, type HttpLimits } from '../../../netboot/io/http-limits.ts';
import { serveHttp } from '../../../netboot/io/http-server.ts';
import { until } from '../../support/puffboot.ts';
import { LOOPBACK } from './running.ts';

const NOON = Date.UTC(2026, 4, 1, 12);
const LARGE = 'x'.repeat(64 * 1024);

let close: () => Promise<void>;
let port: number;
let waiting: (() => void)[] = [];
let asked: string[] = [];
let refused: string[] = [];

/** `/wait` is answered when the test says so, `/large` by much, the others by their own target. */
function answer({ target, method }: RequestHead, reply: Reply): undefined | Promise<undefined> {
  asked.push(`${method} ${target}`);
  if (target !== '/wait') {
    reply.text(200, {}, target === '/large' ? LARGE : target);
    return undefined;
  }
  return new Promise((resolve) => {
    waiting.push(() => {
      reply.text(200, {}, target);
      resolve(undefined);
    });
  });
}

async function serve(limits: Partial<HttpLimits>) {
  const listener = createServer().listen(0, LOOPBACK);
  await once(listener, 'listening');
  const close = serveHttp({
    listener,
    answer,
    refused: (from, status, reason) => refused.push(`${from} ${status} ${reason}`),
    isKnown: () => true,
    now: () => NOON,
    onError: (error) => {
      throw error;
    },
    limits: { ...HTTP_LIMITS, ...limits },
  });
  return { port: (listener.address() as AddressInfo).port, close };
}

/** Of a server that waits for nobody: what ends a connection there is not the time. */
let patient: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  const usual = await serve({ keepAlive: 200, look: 50 });
  ({ port, close } = usual);
  patient = await serve({ look: 600_000 });
});
afterAll(async () => {
  await close();
  await patient.close();
});
beforeEach(() => {
  [waiting, asked, refused] = [[], [], []];
});

interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  /** Resolves with all that came, when the server has ended. */
  readonly ended: Promise<string>;
}

const client = (...said: readonly string[]): Client => clientOf(port, ...said);

function clientOf(at: number, ...said: readonly string[]): Client {
  let text = '';
  const socket = connect({ port: at, host: LOOPBACK, allowHalfOpen: true });
  for (const each of said) socket.write(each);
  const ended = new Promise<string>((resolve) => {
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(text));
  });
  return { socket, ended, text: () => text };
}

const get = (target: string, ...fields: readonly string[]): string =>
  ['GET', ' ', target, ' HTTP/1.1\r\nHost: x\r\n', ...fields.map((field) => `${field}\r\n`), '\r\n'].join('');
const bodies = (text: string): string[] => text.split(/HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*\r\n/).slice(1);

describe('an answer', () => {
  it('is as it stands in RFC 9112', async () => {
    expect(await client(get('/a', 'Connection: close')).ended).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: Fri, 01 May 2026 12:00:00 GMT\r\nConnection: close\r\n\r\n/a',
    );
  });

  it('has no body for HEAD, and the length of it', async () => {
    const text = await client('HEAD /abc HTTP/1.0\r\n\r\n').ended;
    expect(text).toMatch(/\r\nContent-Length: 4\r\n(.+\r\n)*\r\n$/);
  });

  it.each([
    ['HTTP/1.1', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'keep-alive\r\nKeep-Alive: timeout=0.2'],
    ['HTTP/1.1 that closes', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'close'],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 'close'],
    [
      'HTTP/1.0 that keeps',
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      'keep-alive\r\nKeep-Alive: timeout=0.2',
    ],
    ['a body', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n', 'close'],
    ['a body in chunks', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', 'close'],
  ])('to %s says what becomes of the connection', async (_, said, connection) => {
    expect(await client(said).ended).toContain(`\r\nConnection: ${connection}\r\n\r\n/`);
  });
});

describe('requests of one connection', () => {
  it('are answered one by one, in their order', async () => {
    const { socket, text, ended } = client(get('/wait') + get('/2') + get('/wait'), get('/4'));
    await until(async () => waiting.length === 1);
    expect(asked).toEqual(['GET /wait']);
    waiting.shift()?.();
    await until(async () => waiting.length === 1);
    expect(asked).toEqual(['GET /wait', 'GET /2', 'GET /wait']);
    waiting.shift()?.();
    await until(async () => bodies(text()).length === 4);
    socket.end();
    expect(bodies(await ended)).toEqual(['/wait', '/2', '/wait', '/4']);
  });

  it('are all answered when the client has said that no more will come', async () => {
    const { socket, ended } = client(get('/wait') + get('/2'));
    socket.end();
    await until(async () => waiting.length === 1);
    waiting.shift()?.();
    expect(bodies(await ended)).toEqual(['/wait', '/2']);
  });

  it('end with one that has a body, which is not taken for a request', async () => {
    const body = get('/smuggled');
    const { ended } = client(get('/1', `Content-Length: ${body.length}`, 'Expect: 100-continue') + body);
    expect(bodies(await ended)).toEqual(['/1']);
    expect(asked).toEqual(['GET /1']);
  });

  it('end with one that is none', async () => {
    const text = await client(`${get('/1')}GET / HTTP/1.1\n\n${get('/3')}`).ended;
    expect(text).toMatch(/\r\n\r\n\/1HTTP\/1\.1 400 Bad Request\r\nContent-Length: 0\r\n/);
    expect(asked).toEqual(['GET /1']);
    expect(refused).toEqual(['127.0.0.1 400 a control character, or half of a line end, in the head']);
  });

  it('wait for a client that asks and does not take, and cost nothing meanwhile', async () => {
    const many = 2000;
    const { socket, text, ended } = client();
    socket.pause();
    socket.write(get('/large').repeat(many));
    let before = -1;
    await until(async () => {
      const still = asked.length === before && before > 0;
      before = asked.length;
      return still;
    });
    expect(asked.length).toBeLessThan(many / 2); // what the system holds for it, and no more
    socket.resume();
    await until(async () => text().length > many * LARGE.length, 60);
    socket.end();
    await ended;
    expect(asked).toHaveLength(many);
  });
});

describe('a client that leaves', () => {
  it('in the middle of a head is told so', async () => {
    const { socket, ended } = client('GET / HTTP/1.1\r\nHo');
    socket.end();
    expect(await ended).toMatch(/^HTTP\/1\.1 400 /);
    expect(refused).toEqual(['127.0.0.1 400 ended in the middle of its head']);
  });

  it('between two requests, or with an empty line, is no event', async () => {
    const { socket, ended } = client(`${get('/1')}\r\n`);
    socket.end();
    expect(bodies(await ended)).toEqual(['/1']);
    expect(refused).toEqual([]);
  });

  it('before its answer leaves nothing behind', async () => {
    const { socket } = client(get('/wait') + get('/2'));
    await until(async () => waiting.length === 1);
    socket.resetAndDestroy();
    await once(socket, 'close');
    waiting.shift()?.();
    expect(bodies(await client(get('/after', 'Connection: close')).ended)).toEqual(['/after']);
    expect(asked).toEqual(['GET /wait', 'GET /after']);
  });

  it('goes on sending after the end is cut off, and has the answer', async () => {
    const said = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n';
    const socket = connect({ port: patient.port, host: LOOPBACK, allowHalfOpen: true });
    let text = '';
    socket.on('data', (bytes) => {
      text += String(bytes);
    });
    socket.on('error', () => undefined);
    socket.write(said);
    const sending = setInterval(() => socket.write('x'.repeat(30_000)), 10); // whatever the server says
    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(sending);
    expect(bodies(text)).toEqual(['/']);
  });

  it('sends much before it was answered has to wait with the rest', async () => {
    const pieces = 1000; // more than the system holds for it
    const { socket, ended } = clientOf(patient.port, get('/wait'));
    await until(async () => waiting.length === 1);
    let [taken, before, calm] = [0, -1, 0];
    const send = () =>
      socket.write(LARGE, () => {
        taken += 1;
        if (taken < pieces) send();
      });
    send();
    await until(async () => {
      calm = taken === before && taken > 0 ? calm + 1 : 0;
      before = taken;
      return calm > 10;
    });
    expect(taken).toBeLessThan(pieces);
    waiting.shift()?.();
    expect(bodies(await ended)).toEqual([expect.stringMatching(/^\/waitHTTP\/1\.1 414 /)]);
  });

  it('stays while the server ends is cut off', async () => {
    const ending = await serve({ look: 600_000 });
    const { ended, text } = clientOf(ending.port, get('/1'));
    await until(async () => bodies(text()).length === 1);
    await ending.close();
    expect(bodies(await ended)).toEqual(['/1']);
  });
});
