import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { holdLine } from '../../console/io/held-line.ts';
import { openHub } from '../../console/io/hub.ts';
import { MANNERS } from '../../console/manner.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';
import { type Doorkeeper, openDoor } from '../../src/io/web/doorkeeper.ts';
import { startWeb, type Web } from '../../src/io/web-server.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeLine } from '../fakes/line.ts';
import { aVm, FakeOperator } from '../fakes/operator.ts';

const ID = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);

let directory: string;
let operator: FakeOperator;
let door: Doorkeeper;
let web: Web;
let line: FakeLine;
let clock: FakeClock;
let sockets: WebSocket[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-door-'));
  operator = new FakeOperator();
  operator.put(aVm());
  clock = new FakeClock(1_700_000_000_000);
  line = new FakeLine();
  const held = holdLine({ line, clock, manner: MANNERS.qemu });
  operator.hold('web1', openHub({ line, held, cols: 80, rows: 24 }));
  door = openDoor({ file: join(directory, 'sessions.json'), clock: SYSTEM_CLOCK, log: SILENT_LOG });
  web = await serve('127.0.0.1');
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  await web.close();
  await rm(directory, { recursive: true });
});

const serve = (address: string): Promise<Web> =>
  startWeb({ operator, address, port: 0, clock: SYSTEM_CLOCK, log: SILENT_LOG, door });

const local = (path: string): string => `${web.url.replace('0.0.0.0', '127.0.0.1')}${path}`;

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(local(path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** @returns the cookie of a new login */
async function logIn(name: string): Promise<string> {
  const answer = await post('api/v1/login', { token: door.link(name) });
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

class Page {
  readonly said: Record<string, unknown>[] = [];
  readonly socket: WebSocket;
  #arrived: () => void = () => undefined;

  constructor(cookie: string | null, origin?: string) {
    const headers = { ...(cookie === null ? {} : { cookie }), ...(origin === undefined ? {} : { origin }) };
    this.socket = new WebSocket(local('api/v1/console/web1').replace('http', 'ws'), { headers });
    sockets.push(this.socket);
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer, binary) => {
      if (!binary) this.said.push(JSON.parse(data.toString()));
      this.#arrived();
    });
  }

  ask(request: unknown): void {
    this.socket.send(JSON.stringify(request));
  }

  /** The last message of a kind that fits, once it is there. */
  async hears(kind: string, fields: object = {}): Promise<void> {
    for (;;) {
      const last = this.said.findLast((message) => message.kind === kind);
      try {
        expect(last).toMatchObject({ kind, ...fields });
        return;
      } catch {
        await new Promise<void>((resolve) => {
          this.#arrived = resolve;
        });
      }
    }
  }
}

const holder = (name: string, mine: boolean, lost = false) => ({ holder: { name, mine, lost } });

describe('typing', () => {
  it('takes a login, the line, and then arrives', async () => {
    const page = new Page(await logIn('anna'));
    await page.hears('holder', { holder: null, you: 'anna' });
    page.ask({ kind: 'keys', text: 'too early' });
    await page.hears('refused', { because: 'not-holding' });
    page.ask({ kind: 'take', id: ID, over: false });
    await page.hears('holder', holder('anna', true));
    page.ask({ kind: 'keys', text: 'a\r' });
    page.ask({ kind: 'give' });
    await page.hears('holder', { holder: null });
    expect(line.written).toBe('a\r');
  });

  it.each([
    ['without a login', null],
    ['with a wrong one', `puffboot-80=${'x'.repeat(43)}`],
  ])('is refused %s', async (_, cookie) => {
    const page = new Page(cookie);
    await page.hears('holder', { you: null });
    for (const request of [
      { kind: 'take', id: ID, over: true },
      { kind: 'keep', on: true },
    ]) {
      page.said.length = 0;
      page.ask(request);
      await page.hears('refused', { because: 'login' });
    }
    expect([line.written, operator.kept('web1')]).toEqual(['', null]);
  });

  it('is refused to a page of somebody else, even with a login', async () => {
    const page = new Page(await logIn('anna'), 'http://attacker.example');
    const [, response] = await once(page.socket, 'unexpected-response');
    expect(response.statusCode).toBe(403);
  });

  it('ends with the login, and gives the line back', async () => {
    const cookie = await logIn('anna');
    const page = new Page(cookie);
    await page.hears('holder');
    page.ask({ kind: 'take', id: ID, over: false });
    await page.hears('holder', holder('anna', true));
    await post('api/v1/logout', {}, { cookie });
    page.ask({ kind: 'keys', text: 'x' });
    await page.hears('refused', { because: 'login' });
    await page.hears('holder', { holder: null });
    expect(line.written).toBe('');
  });

  it('tells the second human who holds the line, and lets him take it over', async () => {
    const [anna, bob] = [new Page(await logIn('anna')), new Page(await logIn('bob'))];
    await Promise.all([anna.hears('holder'), bob.hears('holder')]);
    anna.ask({ kind: 'take', id: ID, over: false });
    await bob.hears('holder', holder('anna', false));
    bob.ask({ kind: 'take', id: OTHER, over: false });
    await bob.hears('refused', { because: 'held', text: 'anna holds the line.' });
    bob.ask({ kind: 'take', id: OTHER, over: true });
    await anna.hears('left', { text: 'Somebody else took the line over.' });
    await anna.hears('holder', holder('bob', false));
    anna.ask({ kind: 'keys', text: 'x' });
    await anna.hears('refused', { because: 'not-holding' });
    expect(line.written).toBe('');
  });

  it('goes on after a lost connection, and gives the line back when nobody comes', async () => {
    const cookie = await logIn('anna');
    const [first, bob] = [new Page(cookie), new Page(await logIn('bob'))];
    await Promise.all([first.hears('holder'), bob.hears('holder')]);
    first.ask({ kind: 'take', id: ID, over: false });
    await first.hears('holder', holder('anna', true));
    first.socket.terminate();
    await bob.hears('holder', holder('anna', false, true));
    const again = new Page(cookie);
    await again.hears('holder');
    again.ask({ kind: 'take', id: ID, over: false });
    await again.hears('holder', holder('anna', true));
    again.socket.terminate();
    await bob.hears('holder', holder('anna', false, true));
    clock.advance(30_000);
    await bob.hears('holder', { holder: null });
  });

  it.each([
    ['no JSON', 'hello'],
    ['no request', '{"kind":"reboot"}'],
    ['an id that could be guessed', '{"kind":"take","id":"1"}'],
    ['keys that are none', '{"kind":"keys","text":7}'],
    ['null', 'null'],
  ])('survives %s', async (_, text) => {
    const page = new Page(await logIn('anna'));
    await page.hears('holder');
    page.socket.send(text);
    await page.hears('refused', { because: 'request' });
    expect(line.written).toBe('');
  });

  it('refuses a paste that the console could not take', async () => {
    const page = new Page(await logIn('anna'));
    await page.hears('holder');
    page.ask({ kind: 'take', id: ID, over: false });
    page.ask({ kind: 'keys', text: 'x'.repeat(5000) });
    await page.hears('refused', { because: 'too-much' });
    expect(line.written).toBe('');
  });

  it('says why there is no console', async () => {
    operator.put(aVm({ name: 'web2' }));
    line.end();
    const page = new Page(await logIn('anna'));
    await page.hears('holder');
    page.ask({ kind: 'take', id: ID, over: false });
    await page.hears('refused', { because: 'console' });
  });

  it('keeps a console open, for all to see', async () => {
    const [anna, bob] = [new Page(await logIn('anna')), new Page(await logIn('bob'))];
    await Promise.all([anna.hears('holder'), bob.hears('holder')]);
    anna.ask({ kind: 'keep', on: true });
    await bob.hears('holder', { kept: 'anna' });
    bob.ask({ kind: 'keep', on: false });
    await anna.hears('holder', { kept: null });
  });
});

describe('the login', () => {
  it('is a link that works once', async () => {
    const token = door.link('anna');
    expect((await post('api/v1/login', { token })).status).toBe(200);
    expect((await post('api/v1/login', { token })).status).toBe(403);
  });

  it.each([['{}'], ['{"token":7}'], ['null'], ['"x"']])('is not %s', async (body) => {
    const answer = await fetch(local('api/v1/login'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer.status === 403 || answer.status === 400).toBe(true);
  });

  it('is closed to pages of somebody else', async () => {
    const answer = await post(
      'api/v1/login',
      { token: door.link('x') },
      { origin: 'http://attacker.example' },
    );
    expect(answer.status).toBe(403);
  });

  it('makes a guesser wait', async () => {
    for (let guess = 0; guess < 10; guess += 1) await post('api/v1/login', { token: 'x' });
    const answer = await post('api/v1/login', { token: door.link('anna') });
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([429, true]);
  });

  it('outlives a restart, and its file gives no login away', async () => {
    const cookie = await logIn('anna');
    await web.close();
    door = openDoor({ file: join(directory, 'sessions.json'), clock: SYSTEM_CLOCK, log: SILENT_LOG });
    web = await serve('127.0.0.1');
    // The port is another one, and with it the cookie's name.
    const { port } = new URL(web.url);
    const page = new Page(cookie.replace(/\d+=/, `${port}=`));
    await page.hears('holder', { you: 'anna' });
    const kept = await readFile(join(directory, 'sessions.json'), 'utf8');
    expect(kept).toContain('anna');
    expect(kept).not.toContain(cookie.split('=')[1]);
  });

  it('is needed for everything where others than this machine can reach it', async () => {
    await web.close();
    web = await serve('0.0.0.0');
    for (const path of ['', 'vm/web1', 'api/v1/vms']) {
      expect((await fetch(local(path))).status, path).toBe(401);
    }
    const stranger = new Page(null);
    const [, response] = await once(stranger.socket, 'unexpected-response');
    expect(response.statusCode).toBe(401);
    expect((await fetch(local('login'))).status).toBe(200);
    const cookie = await logIn('anna');
    expect((await fetch(local('vm/web1'), { headers: { cookie } })).status).toBe(200);
    await new Page(cookie).hears('holder', { you: 'anna' });
  });
});
