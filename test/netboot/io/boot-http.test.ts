import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rename, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from '../../support/require.ts';
import { TOKEN } from '../example.ts';
import { LOCAL, LOCAL_CATALOG, mkdirFor, type Running, startRunning } from './running.ts';

const RELEASE = 'pub/OpenBSD/7.6/amd64';
const SET = randomBytes(1_500_000);
const HUGE = Buffer.alloc(64 * 1024 * 1024, 7);
const MAC = `/${LOCAL.lladdr}-install.conf`;

let running: Running;
let origin: string;
beforeAll(async () => {
  running = await startRunning({
    [`${RELEASE}/base76.tgz`]: SET,
    [`${RELEASE}/index.txt`]: Buffer.from('base76.tgz\n'),
    [`${RELEASE}/huge.tgz`]: HUGE,
    // More than the system buffers for a client that does not read.
    [`${RELEASE}/large.tgz`]: Buffer.alloc(24 * 1024 * 1024),
    secret: Buffer.from('above'),
  });
  origin = `http://127.0.0.1:${running.ports.http}`;
  await symlink('/etc/passwd', join(running.setsDirectory, RELEASE, 'passwd'));
  await symlink('base76.tgz', join(running.setsDirectory, RELEASE, 'same.tgz'));
});
afterAll(() => running.close());

describe('response files', () => {
  it('are rendered for the armed client, never to be kept', async () => {
    const response = await fetch(`${origin}${MAC}?path=7.6/amd64`);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toBe('System hostname = web\nPassword for root account = *************\n');
    expect(await running.event(({ kind }) => kind === 'response-file')).toMatchObject({
      name: 'local',
      from: '127.0.0.1',
      path: MAC,
      outcome: 'served',
      reason: null,
    });
  });

  it('are refused with an event that says why, and an answer that does not', async () => {
    const response = await fetch(`${origin}${MAC}?path=7.5/amd64`);
    expect([response.status, await response.text()]).toEqual([404, 'not found\n']);
    const refused = await running.event(
      (event) => event.kind === 'response-file' && event.outcome === 'refused',
    );
    expect(refused).toMatchObject({ name: 'local', reason: 'booted 7.5, wants 7.6' });
  });

  it('are gone with the arming, and strangers are told of', async () => {
    await running.netboot.push({ ...LOCAL_CATALOG, clients: [] });
    const answers = await Promise.all(
      [MAC, '/install.conf', `/r/${TOKEN}/install.conf`].map((url) => fetch(origin + url)),
    );
    await running.netboot.push(LOCAL_CATALOG);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(
      await running.event((event) => event.kind === 'response-file' && event.name === null),
    ).toMatchObject({
      from: '127.0.0.1',
      outcome: 'refused',
    });
  });
});

describe('the report of a finished install', () => {
  it('is heard', async () => {
    expect((await fetch(`${origin}/install-done/${TOKEN}`)).status).toBe(200);
    const done = await running.event(({ kind }) => kind === 'install-done');
    expect(done).toMatchObject({ name: 'local', token: TOKEN, outcome: 'accepted' });
  });

  it('is not made by looking', async () => {
    const before = running.events.length;
    expect((await fetch(`${origin}/install-done/${TOKEN}`, { method: 'HEAD' })).status).toBe(200);
    expect(running.events).toHaveLength(before);
  });
});

describe('sets', () => {
  const url = () => `${origin}/${RELEASE}/base76.tgz`;

  it('arrive whole, with an event', async () => {
    const response = await fetch(url());
    expect(response.headers.get('content-length')).toBe(String(SET.length));
    expect(Buffer.from(await response.arrayBuffer()).equals(SET)).toBe(true);
    const event = await running.event(({ kind }) => kind === 'set');
    expect(event).toMatchObject({
      name: 'local',
      path: `/${RELEASE}/base76.tgz`,
      status: 200,
      bytes: SET.length,
    });
  });

  it('go on where a transfer broke off', async () => {
    const response = await fetch(url(), { headers: { Range: 'bytes=1000000-' } });
    expect(response.status).toBe(206);
    expect(Buffer.from(await response.arrayBuffer()).equals(SET.subarray(1_000_000))).toBe(true);
  });

  it('are not sent again unchanged, and not at all for HEAD', async () => {
    const head = await fetch(url(), { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(SET.length));
    const again = await fetch(url(), { headers: { 'If-None-Match': head.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
  });

  it.each([
    ['a symlink that leads out', `/${RELEASE}/passwd`, 404],
    ['a symlink that stays inside', `/${RELEASE}/same.tgz`, 200],
    ['a file that is not there', `/${RELEASE}/comp76.tgz`, 404],
    ['the directory', `/${RELEASE}/`, 404],
    ['a directory above', '/pub/OpenBSD/7.6/amd64', 404],
    ['a file outside of a release', '/secret', 404],
    ['index.txt', `/${RELEASE}/index.txt`, 200],
  ])('%s', async (_, path, status) => {
    const response = await fetch(origin + path);
    await response.arrayBuffer();
    expect(response.status).toBe(status);
  });

  it('end the connection when the file shrinks, and serve the next', async () => {
    const request = httpRequest(`${origin}/${RELEASE}/huge.tgz`);
    request.end();
    const [response] = await once(request, 'response');
    await truncate(join(running.setsDirectory, RELEASE, 'huge.tgz'), 1000);
    const closed = new Promise((resolve) => response.on('close', resolve));
    response.on('error', () => undefined);
    response.resume();
    await closed;
    expect(response.complete).toBe(false);
    const event = await running.event((told) => told.kind === 'set' && told.path.endsWith('huge.tgz'));
    expect(event).toMatchObject({ status: 500, reason: 'the file became shorter while it was sent' });
    expect(event).toHaveProperty(
      'bytes',
      expect.toSatisfy((bytes) => bytes > 0 && bytes < HUGE.length),
    );
    expect((await fetch(`${origin}/${RELEASE}/index.txt`)).status).toBe(200);
  });

  it('have an index.txt that names the site sets too', async () => {
    const place = join(running.setsDirectory, 'pub/OpenBSD/7.4/amd64');
    await writeFile(await mkdirFor(join(place, 'site74.tgz')), 'site');
    await writeFile(join(place, 'index.txt'), 'a \u00dcbersicht\n');
    const response = await fetch(`${origin}/pub/OpenBSD/7.4/amd64/index.txt`);
    expect(await response.text()).toMatch(/^a \u00dcbersicht\n-rw.* 4 .* site74\.tgz\n$/);
  });

  it('say in the event why there is no index.txt', async () => {
    const place = '/pub/OpenBSD/7.3/amd64';
    await symlink('/etc', await mkdirFor(join(running.setsDirectory, place)));
    expect((await fetch(`${origin}${place}/index.txt`)).status).toBe(404);
    const event = await running.event((told) => told.kind === 'set' && told.path.startsWith(place));
    expect(event).toMatchObject({ reason: 'leads out of the directory that is served' });
  });

  it('break off where the file is written to while it is sent, and stay whole where it is replaced', async () => {
    const place = join(running.setsDirectory, RELEASE);
    const size = 34 * 1024 * 1024; // not kept in memory
    const change = {
      'written.tgz': () => writeFile(join(place, 'written.tgz'), 'other', { flag: 'r+' }),
      'replaced.tgz': () => rename(join(place, 'written.tgz'), join(place, 'replaced.tgz')),
    };
    const whole: boolean[] = [];
    for (const name of Object.keys(change)) {
      await writeFile(join(place, name), Buffer.alloc(size));
      await utimes(join(place, name), 1_000_000_000, 1_000_000_000);
    }
    for (const [name, act] of Object.entries(change)) {
      const request = httpRequest(`${origin}/${RELEASE}/${name}`);
      request.end();
      const [response] = await once(request, 'response');
      await act();
      const closed = new Promise((resolve) => response.on('close', resolve));
      response.on('error', () => undefined);
      response.resume();
      await closed;
      whole.push(response.complete);
    }
    expect(whole).toEqual([false, true]);
  });

  it('are no witness when the client leaves', async () => {
    await running.netboot.push(LOCAL_CATALOG);
    const request = httpRequest(`${origin}/${RELEASE}/large.tgz`, { headers: { 'User-Agent': 'gone' } });
    request.end();
    const [response] = await once(request, 'response');
    response.on('error', () => undefined);
    response.pause();
    request.destroy();
    const event = await running.event(
      (told) =>
        told.kind === 'set' &&
        told.path.endsWith('large.tgz') &&
        told.status !== 200 &&
        told.status !== 206 &&
        told.status !== 304,
    );
    expect(event).toMatchObject({ status: 499 });
  });

  const curl = requireProgram('curl');
  it.skipIf(curl.skip)('arrive by curl', async () => {
    const { stdout } = await promisify(execFile)(curl.path, ['-sf', '-r', '10-19', url()], {
      encoding: 'buffer',
    });
    expect(stdout.equals(SET.subarray(10, 20))).toBe(true);
  });
});

describe('broken requests', () => {
  const say = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(running.ports.http, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (bytes) => {
        answer += bytes.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer));
    });

  it.each([
    ['not HTTP', '\0\x01\x02\r\n\r\n', /^HTTP\/1.1 400 /],
    ['a header of 20 kB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
    ['a broken escape', 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 400 /],
    [
      'another method',
      'POST /install.conf HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n',
      /^HTTP\/1.1 405 .*\r\n(.*\r\n)*Allow: GET, HEAD/,
    ],
    ['HTTP/1.0 without a host', `GET /${RELEASE}/index.txt HTTP/1.0\r\n\r\n`, /base76\.tgz\n$/],
  ])('%s', async (_, text, expected) => {
    expect(await say(text)).toMatch(expected);
    expect((await fetch(`${origin}/${RELEASE}/index.txt`)).status).toBe(200);
  });
});
