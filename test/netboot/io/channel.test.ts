import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_CATALOG, type Netboot } from '../../../netboot/catalog.ts';
import { exposeNetboot, type MessagePortLike, remoteNetboot } from '../../../netboot/io/channel.ts';
import { joinNetboots } from '../../../netboot/join.ts';
import { netbootContract } from '../../contract/netboot.ts';
import { WEB } from '../example.ts';
import { LOCAL_CATALOG, startRunning } from './running.ts';

/** Both ends of a channel that carries JSON, as a fork does. */
function channel(): readonly [MessagePortLike, MessagePortLike] {
  const ends = [new Set<(message: unknown) => void>(), new Set<(message: unknown) => void>()] as const;
  const port = (own: 0 | 1): MessagePortLike => ({
    send(message) {
      const copy: unknown = JSON.parse(JSON.stringify(message));
      queueMicrotask(() => {
        for (const listener of ends[own === 0 ? 1 : 0]) listener(copy);
      });
    },
    onMessage(listener) {
      ends[own].add(listener);
      return () => ends[own].delete(listener);
    },
  });
  return [port(0), port(1)];
}

describe('in this process', () => {
  netbootContract(async () => {
    const running = await startRunning();
    await running.netboot.push(EMPTY_CATALOG);
    const origin = `http://127.0.0.1:${running.ports.http}`;
    return { netboot: running.netboot, origin, close: running.close };
  });
});

describe('shared by two services', () => {
  netbootContract(async () => {
    const [packets, http] = await Promise.all([startRunning(), startRunning()]);
    const netboot = joinNetboots(packets.netboot, http.netboot);
    await netboot.push(EMPTY_CATALOG);
    return {
      netboot,
      origin: `http://127.0.0.1:${http.ports.http}`,
      async close() {
        await Promise.all([packets.close(), http.close()]);
      },
    };
  });
});

describe('across a fork', () => {
  let directory: string;
  let bundle: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-child-'));
    bundle = join(directory, 'child.mjs');
    await build({
      entryPoints: [new URL('../../contract/netboot-child.ts', import.meta.url).pathname],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function start(): Promise<{ child: ChildProcess; origin: string }> {
    const child = fork(bundle);
    const [message] = await once(child, 'message');
    return { child, origin: `http://127.0.0.1:${message.port}` };
  }

  netbootContract(async () => {
    const { child, origin } = await start();
    const netboot = remoteNetboot({
      send: (message) => child.send(message as object),
      onMessage(listener) {
        child.on('message', listener);
        return () => child.off('message', listener);
      },
    });
    return {
      netboot,
      origin,
      async close() {
        netboot.close();
        child.disconnect();
        await once(child, 'exit');
      },
    };
  });
});

describe('the channel', () => {
  const silent: Netboot = { push: () => new Promise(() => undefined), onEvent: () => () => undefined };

  it('says when the service starts, each time, and sends an unanswered push again', async () => {
    const [near, far] = channel();
    const remote = remoteNetboot(near);
    let starts = 0;
    remote.onReady(() => {
      starts += 1;
    });
    const stopFirst = exposeNetboot(silent, far);
    const pushed = remote.push(LOCAL_CATALOG);
    stopFirst();
    const catalogs: unknown[] = [];
    exposeNetboot({ ...silent, push: async (catalog) => void catalogs.push(catalog) }, far);
    await pushed;
    expect(starts).toBe(2);
    expect(catalogs.at(-1)).toEqual(LOCAL_CATALOG);
  });

  it.each([
    ['another shape', { subnets: [] }, /its top|clients/],
    [
      'an address that is none',
      { subnets: [], clients: [{ ...WEB, address: '300.1.1.1' }] },
      /clients\.0\.address/,
    ],
    ['a key too many', { subnets: [], clients: [], extra: 1 }, /its top/],
    [
      'a release that leads out',
      { subnets: [], clients: [{ ...WEB, armed: { ...WEB.armed, release: '../..' } }] },
      /clients\.0\.armed\.release/,
    ],
  ])('refuses a catalog of %s', async (_, catalog, place) => {
    const [near, far] = channel();
    const remote = remoteNetboot(near);
    exposeNetboot(silent, far);
    await expect(remote.push(catalog as never)).rejects.toThrow(place);
  });

  it.each([null, 7, 'push', {}, { kind: 'push' }, { kind: 'event', event: {} }, { kind: 'pushed', id: 'x' }])(
    'ignores %j from either side',
    async (noise) => {
      const [near, far] = channel();
      const remote = remoteNetboot(near);
      exposeNetboot({ ...silent, push: async () => undefined }, far);
      near.send(noise);
      far.send(noise);
      await remote.push(LOCAL_CATALOG);
    },
  );

  it('rejects what is still unanswered when it is closed', async () => {
    const [near, far] = channel();
    const remote = remoteNetboot(near);
    exposeNetboot(silent, far);
    const pushed = remote.push(LOCAL_CATALOG);
    remote.close();
    await expect(pushed).rejects.toThrow(/closed/);
  });
});
