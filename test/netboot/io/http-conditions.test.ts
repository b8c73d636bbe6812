import { readdir, readlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOOPBACK, type Running, startRunning } from './running.ts';

const PATH = 'pub/OpenBSD/7.6/amd64/base76.tgz';
const INDEX = 'pub/OpenBSD/7.6/amd64/index.txt';
const SET = Buffer.from('0123456789');
const DATE = 'Wed, 01 Jan 2025 12:00:00 GMT';
const BEFORE = 'Wed, 01 Jan 2025 11:59:59 GMT';

let running: Running;
let etag = '';
beforeAll(async () => {
  running = await startRunning({ [PATH]: SET, [INDEX]: Buffer.from('a base76.tgz\n') });
  const seconds = Date.parse(DATE) / 1000;
  await utimes(join(running.setsDirectory, PATH), seconds, seconds);
  etag = (await ask('HEAD', {})).headers.get('etag') ?? '';
});
afterAll(() => running.close());

const ask = (method: string, headers: Record<string, string>, path = PATH) =>
  fetch(`http://${LOOPBACK}:${running.ports.http}/${path}`, { method, headers });

describe('a set', () => {
  it.each<[string, string, Record<string, string>, number, string]>([
    ['whole', 'GET', {}, 200, '0123456789'],
    ['in part', 'GET', { Range: 'bytes=-3' }, 206, '789'],
    ['in part, of another one', 'GET', { Range: 'bytes=-3', 'If-Range': '"x"' }, 200, '0123456789'],
    ['in part, of this one', 'GET', { Range: 'bytes=-3', 'If-Match': '*' }, 206, '789'],
    ['in part, of no other', 'GET', { Range: 'bytes=-3', 'If-Match': '"x"' }, 412, ''],
    [
      'in part, of none that is younger',
      'GET',
      { Range: 'bytes=-3', 'If-Unmodified-Since': BEFORE },
      412,
      '',
    ],
    ['behind its end', 'GET', { Range: 'bytes=10-' }, 416, ''],
    ['that is not newer', 'GET', { 'If-Modified-Since': DATE }, 304, ''],
    ['that is newer', 'GET', { 'If-Modified-Since': BEFORE }, 200, '0123456789'],
    ['that is not another', 'GET', { 'If-None-Match': '"x"' }, 200, '0123456789'],
    ['that is looked at, of which there are no parts', 'HEAD', { Range: 'bytes=-3' }, 200, ''],
    ['that is looked at, and not newer', 'HEAD', { 'If-Modified-Since': DATE }, 304, ''],
    ['that is looked at, and is another', 'HEAD', { 'If-Match': '"x"' }, 412, ''],
  ])('%s', async (_, method, headers, status, body) => {
    const response = await ask(method, headers);
    expect([response.status, await response.text()]).toEqual([status, body]);
    expect([response.headers.get('etag'), response.headers.get('last-modified')]).toEqual([etag, DATE]);
    if (method === 'HEAD' && status === 200)
      expect(response.headers.get('content-length')).toBe(String(SET.length));
  });

  it.skipIf(process.platform !== 'linux')('does not stay open, nor does index.txt', async () => {
    for (const method of ['GET', 'HEAD']) await (await ask(method, {}, INDEX)).text();
    const open = await readdir('/proc/self/fd');
    const targets = await Promise.all(open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
    expect(targets.filter((target) => target.startsWith(running.setsDirectory))).toEqual([]);
  });
});
