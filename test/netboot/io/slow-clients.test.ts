import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BootEvent } from '../../../netboot/catalog.ts';
import { serveBootHttp } from '../../../netboot/io/boot-http.ts';
import type { HttpLimits } from '../../../netboot/io/http-limits.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { until } from '../../support/puffboot.ts';
import { LOCAL_CATALOG, LOOPBACK } from './running.ts';

/** More than the system buffers for a client that does not read. */
const HUGE = 64 * 1024 * 1024;
const PATH = '/pub/OpenBSD/7.6/amd64/huge.tgz';
const DRIP_MS = 50;

const LIMITS: HttpLimits = {
  head: 300,
  idle: 600,
  keepAlive: 200,
  slow: 60_000,
  slowBytes: 1024,
  look: 50,
};

interface Serving {
  readonly port: number;
  readonly events: BootEvent[];
  close(): Promise<void>;
}

let usual: Serving;
beforeAll(async () => {
  usual = await serve(LIMITS);
});
afterAll(() => usual.close());

async function serve(limits: HttpLimits): Promise<Serving> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const events: BootEvent[] = [];
  const service = serveBootHttp({
    server,
    lookup: () => lookupOf(LOCAL_CATALOG),
    report: (event) => events.push(event),
    openFile: async () => ({
      ...{ size: HUGE, modifiedAt: 0 },
      read: async (into) => into.length,
      close: async () => undefined,
    }),
    listFiles: async () => [],
    note: () => undefined,
    renderAnswers: async () => '',
    clock: SYSTEM_CLOCK,
    log: SILENT_LOG,
    limits,
  });
  return { port: (server.address() as AddressInfo).port, events, close: () => service.close() };
}

/** Until the server ends it. @returns the status line, where there was one */
async function status(said: string, drip = ''): Promise<string> {
  const socket = connect(usual.port, LOOPBACK).on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write(said);
  const dripping = setInterval(() => socket.writable && socket.write(drip), DRIP_MS);
  await once(socket, 'close');
  clearInterval(dripping);
  return text.split('\r\n')[0] ?? '';
}

describe('a client that is cut off', () => {
  it.each([
    ['says nothing', '', '', 'HTTP/1.1 408 Request Timeout'],
    ['stops in its request', 'GET /pub', '', 'HTTP/1.1 408 Request Timeout'],
    [
      'sends a header now and then for ever',
      'GET / HTTP/1.1\r\nHost: x\r\n',
      'X-A: b\r\n',
      'HTTP/1.1 408 Request Timeout',
    ],
    [
      'announces a body',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n',
      '',
      'HTTP/1.1 405 Method Not Allowed',
    ],
    ['asks nothing more', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', '', 'HTTP/1.1 404 Not Found'],
  ])('%s', async (_, said, drip, line) => {
    expect(await status(said, drip)).toBe(line);
  });

  it('takes nothing of what it asked for', async () => {
    const socket = ask(usual);
    socket.pause();
    expect(await setTold(usual)).toMatchObject({ path: PATH, status: 499, reason: 'took nothing for 0.6 s' });
    socket.destroy();
  });

  it('takes too little of it, and one that takes all of it is not', async () => {
    // Far above what the slow one takes, and far below what a loopback does.
    const limits = { ...LIMITS, idle: 60_000, slow: 500, slowBytes: 2 * 1024 * 1024 };
    const serving = await serve(limits);
    const slow = ask(serving);
    slow.pause();
    const taking = setInterval(() => slow.read(16 * 1024), DRIP_MS);
    expect(await setTold(serving)).toMatchObject({
      status: 499,
      reason: `took less than ${limits.slowBytes} bytes in 0.5 s`,
    });
    clearInterval(taking);
    slow.destroy();
    serving.events.length = 0;
    const quick = ask(serving, 'Range: bytes=1000-\r\n');
    quick.resume();
    expect(await setTold(serving)).toMatchObject({ status: 206, bytes: HUGE - 1000 });
    quick.destroy();
    await serving.close();
  });
});

function ask({ port }: Serving, fields = ''): Socket {
  const socket = connect(port, LOOPBACK).on('error', () => undefined);
  socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`);
  return socket;
}

async function setTold({ events }: Serving): Promise<BootEvent | null> {
  return until(async () => events.find(({ kind }) => kind === 'set') ?? null);
}
