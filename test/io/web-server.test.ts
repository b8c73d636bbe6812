import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openHub } from '../../console/io/hub.ts';
import { OperatorError } from '../../src/common/error.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';
import { openDoor } from '../../src/io/web/doorkeeper.ts';
import { startWeb, type Web } from '../../src/io/web-server.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeLine } from '../fakes/line.ts';
import { anInstall, aVm, FakeOperator } from '../fakes/operator.ts';

const door = openDoor({ clock: SYSTEM_CLOCK, log: SILENT_LOG });
const parts = { address: '127.0.0.1', clock: SYSTEM_CLOCK, log: SILENT_LOG, door };
let operator: FakeOperator;
let web: Web;
let clients: WebSocket[];

beforeEach(async () => {
  operator = new FakeOperator();
  operator.put(aVm());
  clients = [];
  web = await startWeb({ ...parts, operator, port: 0 });
});

afterEach(async () => {
  for (const client of clients) client.terminate();
  await web.close();
});

interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** A request as a client writes it: fetch() would correct Host and path. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  const { hostname, port } = new URL(web.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    sent.on('error', reject).end();
  });
}

/** What a WebSocket received: parsed JSON, and the bytes since the last `screen`. */
class Client {
  readonly messages: Record<string, unknown>[] = [];
  screen = '';
  readonly #socket: WebSocket;
  #arrived: () => void = () => undefined;

  constructor(path: string, headers: Record<string, string> = {}) {
    this.#socket = new WebSocket(web.url.replace('http', 'ws') + path.slice(1), { headers });
    clients.push(this.#socket);
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (data: Buffer, binary) => {
      if (binary) this.screen += data.toString();
      else {
        const message = JSON.parse(data.toString());
        // Who types is told between; test/io/web-line.test.ts looks at it.
        if (message.kind === 'holder') return;
        if (message.kind === 'screen') this.screen = '';
        this.messages.push(message);
      }
      this.#arrived();
    });
  }

  get socket(): WebSocket {
    return this.#socket;
  }

  /** The TCP connection below. */
  get tcp(): Socket {
    return Reflect.get(this.#socket, '_socket') as Socket;
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }
}

/** The answer that a refused WebSocket gets. */
async function refused(path: string, headers: Record<string, string> = {}): Promise<Reply> {
  const { socket } = new Client(path, headers);
  const [, response] = await once(socket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

function hold(name: string): FakeLine {
  const line = new FakeLine();
  operator.hold(name, openHub({ line, cols: 80, rows: 24 }));
  return line;
}

describe('pages', () => {
  it.each([
    ['/', 200, 'web1'],
    ['/vm/web1', 200, 'Console of web1'],
    ['/vm/nope', 404, 'no VM named &#34;nope&#34;'],
    ['/nothing', 404, 'nothing at this address'],
    ['/vm/%E0%A4', 400, 'not well formed'],
    ['/assets/list.js', 200, ''],
    ['/assets/style.css', 200, ''],
    ['/assets/../package.json', 404, ''],
    ['/assets/%2e%2e/%2e%2e/package.json', 404, ''],
    ['/api/v1/vms', 200, '"name":"web1"'],
  ])('%s is answered with %d', async (path, status, text) => {
    const reply = await ask(path);
    expect([reply.status, reply.text]).toEqual([status, expect.stringContaining(text)]);
    expect(reply.text).not.toContain('node_modules');
  });

  it('run no inline script and may not be framed', async () => {
    for (const path of ['/', '/vm/web1', '/vm/nope', '/%']) {
      const policy = String((await ask(path)).headers['content-security-policy']);
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy.includes("style-src 'self' 'unsafe-inline'")).toBe(path.startsWith('/vm/'));
    }
  });

  it.each(['POST', 'PUT', 'DELETE'])('refuse %s', async (method) => {
    expect(await ask('/api/v1/vms', {}, method)).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
  });

  it('are closed to other host names, which the answer says', async () => {
    const reply = await ask('/api/v1/vms', { host: 'attacker.example' });
    expect(reply.status).toBe(403);
    expect(reply.text).toBe(
      'This server answers to localhost, 127.0.0.1 and 127.0.0.1, not to "attacker.example".\n',
    );
  });

  it('keep ssh keys to themselves', async () => {
    expect((await ask('/api/v1/vms')).text).not.toContain('ssh');
  });

  it('show what a machine said of its failure as plain text, whatever it said', async () => {
    expect((await ask('/vm/web1/evidence')).status).toBe(404);
    operator.said = '<script>alert(1)</script> dmesg\n';
    expect(await ask('/vm/web1/evidence')).toMatchObject({
      status: 200,
      text: operator.said,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      },
    });
    expect((await ask('/vm/web1/evidence', {}, 'POST')).status).toBe(405);
    expect((await ask('/vm/web1/evidence', { host: 'attacker.example' })).status).toBe(403);
  });

  it.each(['/vm/nope/evidence', '/vm/..%2f..%2fetc%2fpasswd/evidence', '/vm/web1/../../evidence'])(
    'have no evidence at %s',
    async (path) => {
      operator.said = 'dmesg';
      const reply = await ask(path);
      expect([reply.status, reply.text]).toEqual([404, expect.not.stringContaining('dmesg')]);
    },
  );

  it('survive a listing that fails', async () => {
    operator.listVms = () => Promise.reject(new Error('database is gone'));
    expect(await ask('/')).toMatchObject({ status: 500, text: expect.not.stringContaining('database') });
    expect((await refused('/api/v1/console/web1')).status).toBe(500);
    expect((await ask('/assets/list.js')).status).toBe(200);
  });

  it('survive bytes that are no HTTP', async () => {
    const { hostname, port } = new URL(web.url);
    const socket = connect(Number(port), hostname);
    socket.end('\x16\x03\x01\0\0 nonsense\r\n\r\n');
    for await (const _ of socket);
    expect((await ask('/')).status).toBe(200);
  });
});

describe('a console', () => {
  it('sends size and state, the screen, then what follows', async () => {
    const line = hold('web1');
    line.emit('before ');
    const early = new Client('/api/v1/console/web1');
    await early.until(() => early.screen.includes('before'));
    const late = new Client('/api/v1/console/web1');
    await late.until(() => late.screen.includes('before'));
    line.emit('after');
    await late.until(() => late.screen.includes('after'));
    await early.until(() => early.screen.includes('after'));
    expect(late.messages).toEqual([{ kind: 'screen', cols: 80, rows: 24, feed: 'live', skipped: false }]);
    expect(late.screen).toBe('before after');
    expect(early.screen).toBe('before after');
    line.close();
    await late.until(() => late.messages.length === 2);
    expect(late.messages[1]).toEqual({ kind: 'ended' });
  });

  it('that nothing holds is dark until something does, and follows the next one', async () => {
    const viewer = new Client('/api/v1/console/web1');
    await viewer.until(() => viewer.messages.length === 2);
    expect(viewer.messages).toMatchObject([{ kind: 'screen', feed: 'none' }, { kind: 'ended' }]);
    hold('web1').emit('first');
    await viewer.until(() => viewer.screen === 'first');
    hold('web1').emit('second');
    await viewer.until(() => viewer.screen === 'second');
    expect(viewer.messages.at(-1)).toMatchObject({ kind: 'screen', feed: 'live' });
  });

  it('skips a viewer forward that stopped reading, and holds nobody else up', async () => {
    const line = hold('web1');
    const slow = new Client('/api/v1/console/web1');
    const quick = new Client('/api/v1/console/web1');
    await slow.until(() => slow.messages.length > 0);
    await quick.until(() => quick.messages.length > 0);
    slow.tcp.pause();
    const piece = `${'flood '.repeat(2000)}\r\n`;
    const pieces = 3000;
    for (let at = 0; at < pieces; at += 1) {
      line.emit(piece);
      if (at % 100 === 99) await quick.until(() => quick.screen.length >= (at + 1) * piece.length);
    }
    line.emit('the end');
    await quick.until(() => quick.screen.endsWith('the end'));
    expect(quick.screen.length).toBe(pieces * piece.length + 'the end'.length);

    slow.tcp.resume();
    await slow.until(() => slow.screen.endsWith('the end'));
    expect(slow.messages.at(-1)).toMatchObject({ kind: 'screen', skipped: true });
    expect(slow.screen.length).toBeLessThan(100_000);
    line.emit(', again live');
    await slow.until(() => slow.screen.endsWith('the end, again live'));
  });

  it.each([
    ['text', 'hello'],
    ['bytes', Buffer.from('hello')],
    ['far too much', 'x'.repeat(100_000)],
  ])('closes a listener that sends %s', async (_, message) => {
    const listener = new Client('/api/v1/events');
    await listener.until(() => listener.messages.length > 0);
    listener.socket.send(message);
    const [code] = await once(listener.socket, 'close');
    expect([1008, 1009]).toContain(code);
    expect((await ask('/')).status).toBe(200);
  });

  it.each([
    ['an unknown VM', '/api/v1/console/nope', {}, 404, 'There is no VM "nope".'],
    ['another path', '/api/v1/nothing', {}, 404, 'no such channel'],
    ['a name that cannot be decoded', '/api/v1/console/%E0%A4', {}, 404, 'no such channel'],
    [
      'a foreign page',
      '/api/v1/console/web1',
      { origin: 'http://attacker.example' },
      403,
      'attacker.example',
    ],
    ['a foreign name', '/api/v1/console/web1', { host: 'attacker.example' }, 403, 'localhost'],
  ])('is refused to %s', async (_, path, headers, status, text) => {
    expect(await refused(path, headers)).toMatchObject({ status, text: expect.stringContaining(text) });
  });
});

it('a peer that has gone without a word is let go', async () => {
  const clock = new FakeClock();
  const paced = await startWeb({ ...parts, operator, clock, port: 0 });
  const url = `${paced.url.replace('http', 'ws')}api/v1/events`;
  const [silent, lively] = [new WebSocket(url, { autoPong: false }), new WebSocket(url)];
  clients.push(silent, lively);
  await Promise.all([once(silent, 'open'), once(lively, 'open')]);
  const pinged = Promise.all([once(silent, 'ping'), once(lively, 'ping')]);
  clock.advance(30_000);
  await pinged;
  // Answered after its pong has been read.
  lively.ping();
  await once(lively, 'pong');
  const gone = once(silent, 'close');
  clock.advance(30_000);
  await gone;
  expect(lively.readyState).toBe(WebSocket.OPEN);
  await paced.close();
});

describe('events', () => {
  it('tell all VMs first, then only what changed', async () => {
    operator.put(aVm({ name: 'db', id: 2 }));
    const viewer = new Client('/api/v1/events');
    await viewer.until(() => viewer.messages.length === 1);
    operator.put(aVm({ install: anInstall() }));
    await viewer.until(() => viewer.messages.length === 2);
    operator.remove('db');
    await viewer.until(() => viewer.messages.length === 3);
    expect(viewer.messages).toMatchObject([
      { kind: 'vms', vms: [{ name: 'web1' }, { name: 'db' }] },
      { kind: 'changed', vms: [{ name: 'web1', install: { state: 'installing' } }], removed: [] },
      { kind: 'changed', vms: [], removed: ['db'] },
    ]);
    expect(JSON.stringify(viewer.messages)).not.toContain('ssh');
  });

  it('of one VM say nothing of others', async () => {
    operator.put(aVm({ name: 'db', id: 2 }));
    const viewer = new Client('/api/v1/events?vm=db');
    await viewer.until(() => viewer.messages.length === 1);
    operator.put(aVm({ install: anInstall() }));
    const all = new Client('/api/v1/events');
    await all.until(() => all.messages.length === 1);
    operator.put(aVm({ name: 'db', id: 2, install: anInstall() }));
    await viewer.until(() => viewer.messages.length === 2);
    expect(viewer.messages).toMatchObject([
      { kind: 'vms', vms: [{ name: 'db' }] },
      { kind: 'changed', vms: [{ name: 'db' }] },
    ]);
  });

  it('ask the operator only while somebody listens', async () => {
    operator.put(aVm({ name: 'db' }));
    await ask('/assets/list.js');
    expect(operator.asked).toBe(0);
  });
});

describe('listening', () => {
  it('says which address and port are taken', async () => {
    const { port } = new URL(web.url);
    const second = startWeb({ ...parts, operator, port: Number(port) });
    await expect(second).rejects.toThrow(OperatorError);
    await expect(second).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  it('says that an address is not ours', async () => {
    await expect(startWeb({ ...parts, operator, address: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
    });
  });

  it('takes over a server that somebody else bound, and frees the port when closed', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const given = await startWeb({ ...parts, operator, server });
    expect(given.url).toBe(`http://127.0.0.1:${port}/`);
    expect((await fetch(given.url)).status).toBe(200);
    await given.close();
    await expect(fetch(given.url)).rejects.toThrow();
  });

  it('closes although a peer that was refused keeps its side open', async () => {
    const { hostname, port, host } = new URL(web.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const ask = [
      'GET /api/v1/nothing HTTP/1.1',
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
    ];
    socket.write(`${ask.join('\r\n')}\r\n\r\n`);
    await once(socket, 'data');
    await web.close();
    socket.destroy();
  });

  it('ends open WebSockets when it closes', async () => {
    const viewer = new Client('/api/v1/events');
    await viewer.until(() => viewer.messages.length === 1);
    const gone = once(viewer.socket, 'close');
    await web.close();
    await gone;
  });
});
