import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BootEvent } from '../../../netboot/catalog.ts';
import { type BootHttpService, serveBootHttp } from '../../../netboot/io/boot-http.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { LOCAL_CATALOG, LOOPBACK } from './running.ts';

/** More than the system buffers for a client that does not read. */
const HUGE = 64 * 1024 * 1024;
const PATH = '/pub/OpenBSD/7.6/amd64/huge.tgz';
const DRIP_MS = 50;

let service: BootHttpService;
let port: number;
const events: BootEvent[] = [];
beforeAll(async () => {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  service = serveBootHttp({
    server,
    lookup: () => lookupOf(LOCAL_CATALOG),
    report: (event) => events.push(event),
    openFile: async () => ({
      ...{ size: HUGE, modifiedAt: 0 },
      read: async (into) => into.length,
      close: async () => undefined,
    }),
    listFiles: async () => null,
    renderAnswers: async () => '',
    clock: SYSTEM_CLOCK,
    log: SILENT_LOG,
    limits: { headers: 300, request: 300, idle: 600, keepAlive: 200, look: 50 },
  });
});
afterAll(() => service.close());

/** Until the server ends it. @returns the status line, where there was one */
async function status(said: string, drip = ''): Promise<string> {
  const socket = connect(port, LOOPBACK).on('error', () => undefined);
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
    const socket = connect(port, LOOPBACK).on('error', () => undefined);
    socket.pause();
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const event = await new Promise<BootEvent>((resolve) => {
      const looking = setInterval(() => {
        const found = events.find((each) => each.kind === 'set');
        if (found === undefined) return;
        clearInterval(looking);
        resolve(found);
      }, DRIP_MS);
    });
    expect(event).toMatchObject({ path: PATH, status: 499 }); // the client left
    socket.destroy();
  });
});
