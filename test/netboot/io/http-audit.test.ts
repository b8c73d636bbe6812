import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ipv4 } from '../../../src/common/address.ts';
import type { Log } from '../../../src/common/port.ts';
import { until } from '../../support/puffboot.ts';
import { LOCAL, LOCAL_CATALOG, LOOPBACK, type Running, startRunning } from './running.ts';

const PATH = '/pub/OpenBSD/7.6/amd64/bsd.rd';

let running: Running;
let logged: Record<string, unknown>[];
beforeEach(async () => {
  logged = [];
  const keep = (event: string, fields?: object) => void logged.push({ event, ...fields });
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
  running = await startRunning({ [PATH]: new Uint8Array(4) }, { log });
});
afterEach(() => running.close());

const look = (path: string) => fetch(`http://${LOOPBACK}:${running.ports.http}${path}`, { method: 'HEAD' });

describe('a HEAD', () => {
  it.each([
    [PATH, { event: 'netboot.set', status: 200 }],
    [`${PATH}.old`, { event: 'netboot.set', status: 404, reason: 'no such file' }],
    ['/install.conf', { event: 'netboot.response-file', status: 200 }],
  ])('of %s has a line in the log as a GET has, and is told to nobody', async (path, expected) => {
    expect((await look(path)).status).toBe(expected.status);
    const line = await until(async () => logged.find(({ method }) => method === 'HEAD') ?? null);
    expect(line).toMatchObject({ ...expected, name: 'local', from: LOOPBACK, path, bytes: 0 });
    expect(line).toHaveProperty('seconds');
    expect(running.events).toEqual([]);
  });

  it('of a stranger has one of many', async () => {
    await running.netboot.push({ ...LOCAL_CATALOG, clients: [] });
    for (let count = 0; count < 5; count += 1) await look(PATH);
    expect(logged.filter(({ method }) => method === 'HEAD')).toHaveLength(1);
  });
});

describe('a connection too many', () => {
  const open = (count: number, localAddress: string): Socket[] =>
    Array.from({ length: count }, () =>
      connect({ port: running.ports.http, host: LOOPBACK, localAddress }).on('error', () => undefined),
    );
  const told = () => until(async () => logged.find(({ status }) => status === 503) ?? null);

  it('from one address is told of once', async () => {
    const sockets = open(70, LOOPBACK);
    expect(await told()).toMatchObject({
      event: 'netboot.http',
      from: LOOPBACK,
      reason: 'more than 64 connections at a time',
    });
    await Promise.all(sockets.slice(64).map((socket) => socket.destroyed || once(socket, 'close')));
    expect(logged.filter(({ status }) => status === 503)).toHaveLength(1);
    for (const socket of sockets) socket.destroy();
  });

  /** Only Linux has more than one loopback address from the start. */
  it.skipIf(process.platform !== 'linux').each([
    ['of a stranger', false, 'a stranger beyond 384 connections at a time'],
    ['of a machine that is known', true, 'all 512 connections are taken'],
  ])('%s is told of', async (_, isKnown, reason) => {
    const hosts = Array.from({ length: 9 }, (_, index) => `127.0.0.${index + 10}`);
    const clients = hosts.map((address) => ({ ...LOCAL, address: address as Ipv4 }));
    if (isKnown) await running.netboot.push({ ...LOCAL_CATALOG, clients });
    const sockets = hosts.flatMap((host) => open(64, host));
    expect(await told()).toMatchObject({ reason });
    for (const socket of sockets) socket.destroy();
  });
});
