import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BootEvent, EMPTY_CATALOG } from '../../netboot/catalog.ts';
import { netbootContract } from '../contract/netboot.ts';
import { TOKEN } from '../netboot/example.ts';
import { LOCAL_CATALOG } from '../netboot/io/running.ts';
import {
  type Alone,
  carriersOf,
  childrenOf,
  eachInDirectory,
  feed,
  responseFileStatus,
  startAlone,
} from '../support/netboot-alone.ts';
import { until } from '../support/puffboot.ts';
import { openSshd, SSHD } from '../support/sshd.ts';

const run = promisify(execFile);
const directory = eachInDirectory();

describe('over a command to another machine', () => {
  let alone: Alone;
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'puffboot-alone-'));
    alone = await startAlone(home);
  });
  afterAll(async () => {
    await alone.stop();
    await rm(home, { recursive: true });
  });
  netbootContract(async () => {
    const { netboot, close } = feed(alone.config);
    await netboot.push(EMPTY_CATALOG);
    return { netboot, origin: alone.origin, close: async () => close() };
  });
});

describe('what feeds puffboot netboot', () => {
  it('goes on without its feed, keeps what happens for the next one, and outlives its own netboot process', async () => {
    const alone = await startAlone(directory());
    const first = feed(alone.config);
    await first.netboot.push(LOCAL_CATALOG);
    first.close();
    expect(await responseFileStatus(alone)).toBe(200);
    await fetch(`${alone.origin}/install-done/${TOKEN}`);

    const second = feed(alone.config);
    const events: BootEvent[] = [];
    second.netboot.onEvent((event) => events.push(event));
    await until(async () => events.some(({ kind }) => kind === 'install-done'));
    second.close();

    // Killed while nobody feeds it, it is told again what was last known.
    await until(async () => (await childrenOf(alone.process)).length > 0);
    for (const pid of await childrenOf(alone.process)) process.kill(pid, 'SIGKILL');
    await until(async () => (await responseFileStatus(alone).catch(() => null)) === 200);
    await alone.stop();
  });

  it('tells once what was on its way when the connection was killed', async () => {
    const alone = await startAlone(directory());
    const { netboot, close } = feed(alone.config);
    const done: BootEvent[] = [];
    netboot.onEvent((event) => event.kind === 'install-done' && done.push(event));
    await netboot.push(LOCAL_CATALOG);
    const [carrier = 0] = await carriersOf(alone);
    process.kill(carrier, 'SIGSTOP'); // from here on it takes what it is told, and carries nothing
    await fetch(`${alone.origin}/install-done/${TOKEN}`);
    process.kill(carrier, 'SIGKILL');
    await until(async () => done.length > 0);
    const [second = 0] = await until(async () => {
      const found = await carriersOf(alone);
      return found.length > 0 && found;
    });
    process.kill(second, 'SIGKILL');
    await netboot.push(LOCAL_CATALOG); // answered over a third connection
    expect(done).toMatchObject([{ name: 'local', token: TOKEN, outcome: 'accepted' }]);
    close();
    await alone.stop();
  });

  it.skipIf(SSHD.skip)('is fed over ssh, and anew after a lost connection', async () => {
    const alone = await startAlone(directory());
    const sshd = await openSshd(null);
    const { address, port, identity, knownHosts } = sshd.target;
    const options = [`UserKnownHostsFile=${knownHosts}`, 'BatchMode=yes', 'IdentitiesOnly=yes'];
    const ssh = [
      'ssh',
      '-F',
      'none',
      '-p',
      String(port),
      '-i',
      identity ?? '',
      ...options.map((o) => `-o${o}`),
    ];
    const { netboot, close } = feed(alone.config, undefined, [...ssh, address]);
    try {
      const events: BootEvent[] = [];
      netboot.onEvent((event) => events.push(event));
      await netboot.push(LOCAL_CATALOG);
      expect(await responseFileStatus(alone)).toBe(200);
      await until(async () => events.some(({ kind }) => kind === 'response-file'));

      await sshd.stop();
      await until(
        async () => !(await run('ps', ['-A', '-o', 'args='])).stdout.includes(`${alone.config} --ch`),
      );
      await fetch(`${alone.origin}/install-done/${TOKEN}`);
      const pushed = netboot.push(EMPTY_CATALOG); // while nobody hears it: told as soon as somebody does
      expect(await responseFileStatus(alone)).toBe(200);
      await sshd.start();
      await until(async () => events.some(({ kind }) => kind === 'install-done'));
      await pushed;
      expect(await responseFileStatus(alone)).toBe(404);
    } finally {
      close();
      await sshd.close();
      await alone.stop();
    }
  });

  it('lets the newest of two feeds speak', async () => {
    const alone = await startAlone(directory());
    const [first, second] = [feed(alone.config), feed(alone.config)];
    await Promise.any([first.netboot.push(LOCAL_CATALOG), second.netboot.push(LOCAL_CATALOG)]);
    expect(await responseFileStatus(alone)).toBe(200);
    first.close();
    second.close();
    await alone.stop();
  });

  it('ends an arming when it ends, whatever the clock of the other machine says', async () => {
    const alone = await startAlone(directory());
    const hour = 3_600_000;
    const behind = () => Date.now() - 10 * hour;
    const { netboot, close } = feed(alone.config, behind);
    const armedUntil = (until: number) => ({
      ...LOCAL_CATALOG,
      clients: LOCAL_CATALOG.clients.map((client) => ({
        ...client,
        armed: client.armed && { ...client.armed, until },
      })),
    });
    await netboot.push(armedUntil(behind() + hour));
    expect(await responseFileStatus(alone)).toBe(200);
    await netboot.push(armedUntil(behind() - 1));
    expect(await responseFileStatus(alone)).toBe(404);
    close();
    await alone.stop();
  });

  it('survives a feed that speaks nonsense, or without end', async () => {
    const alone = await startAlone(directory());
    const socket = connect(join(directory(), 'state/netboot.sock'));
    socket.on('error', () => undefined);
    socket.write('nonsense\n{"kind":"push","id":1,"catalog":{"clients":7}}\nnull\n[]\n{"kind":"stop"}\n');
    const [said] = await once(socket, 'data');
    expect(JSON.parse(String(said).split('\n')[0] ?? '')).toEqual({ kind: 'ready' });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('x'.repeat(70 * 1024 * 1024));
    await closed;
    const { netboot, close } = feed(alone.config);
    await netboot.push(LOCAL_CATALOG);
    expect(await responseFileStatus(alone)).toBe(200);
    close();
    await alone.stop();
  });
});
