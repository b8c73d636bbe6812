import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RequestHead } from '../../../netboot/http/request.ts';
import type { Reply } from '../../../netboot/io/http-connection.ts';
import { HTTP_LIMITS } from '../../../netboot/io/http-limits.ts';
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

beforeAll(async () => {
  const listener = createServer().listen(0, LOOPBACK);
  await once(listener, 'listening');
  port = (listener.address() as AddressInfo).port;
  close = serveHttp({
    listener,
    answer,
    refused: (from, status, reason) => refused.push(`${from} ${status} ${reason}`),
    isKnown: () => true,
    now: () => NOON,
    onError: (error) => {
      throw error;
    },
    limits: { ...HTTP_LIMITS, keepAlive: 200, look: 50 },
  });
});
afterAll(() => close());
beforeEach(() => {
  [waiting, asked, refused] = [[], [], []];
});

interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  /** Resolves with all that came, when the server has ended. */
  readonly ended: Promise<string>;
}

function client(...said: readonly string[]): Client {
  let text = '';
  const socket = connect({ port, host: LOOPBACK, allowHalfOpen: true });
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
    const { socket, ended } = client('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n');
    const sending = setInterval(() => socket.writable && socket.write('x'.repeat(30_000)), 10);
    expect(bodies(await ended)).toEqual(['/']);
    clearInterval(sending);
  });
});
