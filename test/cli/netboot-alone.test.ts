import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BootEvent, EMPTY_CATALOG } from '../../netboot/catalog.ts';
import { bindSockets, closeSockets } from '../../netboot/io/bind.ts';
import { type RemoteNetboot, remoteNetboot } from '../../netboot/io/channel.ts';
import { commandPort } from '../../netboot/io/command-channel.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';
import { netbootContract } from '../contract/netboot.ts';
import { TOKEN } from '../netboot/example.ts';
import { LOCAL_CATALOG, LOOPBACK, mkdirFor, portsOf } from '../netboot/io/running.ts';
import { PROGRAM, puffboot, until } from '../support/puffboot.ts';
import { openSshd, SSHD } from '../support/sshd.ts';

const run = promisify(execFile);

interface Alone {
  readonly config: string;
  readonly origin: string;
  readonly process: ChildProcess;
  /** Its netboot child, by what the log says. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** `puffboot netboot` as a process of its own, as whoever runs the tests. */
async function startAlone(directory: string): Promise<Alone> {
  const free = { dhcpPort: 0, tftpPort: 0, httpPort: 0, broadcast: false };
  const sockets = await bindSockets({ addresses: [LOOPBACK], ...free });
  const ports = portsOf(sockets);
  await closeSockets(sockets);
  const config = join(directory, 'puffboot.toml');
  const me = process.getuid?.() === 0 ? '[serve]\noperateUser = "root"\nnetbootUser = "nobody"\n' : '';
  await writeFile(
    config,
    `stateDirectory = "${directory}/state"
     subnets = [{ cidr = "127.0.0.0/24", router = "127.0.0.2", bootAddress = "127.0.0.1" }]
     ${me}
     [netboot]
     broadcast = false
     dhcpPort = ${ports.dhcp}
     tftpPort = ${ports.tftp}
     httpPort = ${ports.http}
     setsDirectory = "${directory}"
     [[hosts]]
     name = "vmm1"
     capacity = 2
     lladdrPrefix = "fe:e1:bb:d1:4c"
     ipv4Range = "127.0.0.10-127.0.0.19"\n`,
  );
  const child = spawn(process.execPath, [PROGRAM, 'netboot', '-f', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PUFFBOOT_LOG: 'silent' },
  });
  await once(createInterface({ input: child.stdout }), 'line');
  return {
    config,
    origin: `http://127.0.0.1:${ports.http}`,
    process: child,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

interface Fed {
  readonly netboot: RemoteNetboot;
  close(): void;
}

/** What `serve` does, with a pipe where it has ssh(1), or with that too. */
function feed(config: string, now?: () => number, ssh: readonly string[] = []): Fed {
  const argv = [...ssh, process.execPath, PROGRAM, 'netboot', '-f', config, '--channel', 'stdio'];
  const port = commandPort(argv, { clock: SYSTEM_CLOCK, log: SILENT_LOG });
  const netboot = remoteNetboot(port, now);
  return {
    netboot,
    close() {
      netboot.close();
      port.close();
    },
  };
}

/** The processes that carry its feed. */
async function carriersOf({ config }: Alone): Promise<readonly number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,args=']);
  const lines = stdout.split('\n').filter((line) => line.includes(`${config} --channel`));
  return lines.map((line) => Number.parseInt(line, 10));
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-alone-'));
  process.env.PUFFBOOT_LOG = 'error';
});
afterEach(async () => {
  delete process.env.PUFFBOOT_LOG;
  await rm(directory, { recursive: true, force: true });
});

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

describe('puffboot netboot alone', () => {
  const conf = async (alone: Alone) =>
    (await fetch(`${alone.origin}/install.conf`, { signal: AbortSignal.timeout(2000) })).status;

  it('goes on without its feed, keeps what happens for the next one, and outlives its own netboot process', async () => {
    const alone = await startAlone(directory);
    const first = feed(alone.config);
    await first.netboot.push(LOCAL_CATALOG);
    first.close();
    expect(await conf(alone)).toBe(200);
    await fetch(`${alone.origin}/install-done/${TOKEN}`);

    const second = feed(alone.config);
    const events: BootEvent[] = [];
    second.netboot.onEvent((event) => events.push(event));
    await until(async () => events.some(({ kind }) => kind === 'install-done'));
    second.close();

    // Killed while nobody feeds it, it is told again what was last known.
    await until(async () => (await childrenOf(alone.process)).length > 0);
    for (const pid of await childrenOf(alone.process)) process.kill(pid, 'SIGKILL');
    await until(async () => (await conf(alone).catch(() => null)) === 200);
    await alone.stop();
  });

  it('tells once what was on its way when the connection was killed', async () => {
    const alone = await startAlone(directory);
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
    const alone = await startAlone(directory);
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
      expect(await conf(alone)).toBe(200);
      await until(async () => events.some(({ kind }) => kind === 'response-file'));

      await sshd.stop();
      await until(
        async () => !(await run('ps', ['-A', '-o', 'args='])).stdout.includes(`${alone.config} --ch`),
      );
      await fetch(`${alone.origin}/install-done/${TOKEN}`);
      const pushed = netboot.push(EMPTY_CATALOG); // while nobody hears it: told as soon as somebody does
      expect(await conf(alone)).toBe(200);
      await sshd.start();
      await until(async () => events.some(({ kind }) => kind === 'install-done'));
      await pushed;
      expect(await conf(alone)).toBe(404);
    } finally {
      close();
      await sshd.close();
      await alone.stop();
    }
  });

  it('costs who was fetching a set one more request when it dies', async () => {
    const path = 'pub/OpenBSD/7.6/amd64/comp76.tgz';
    const set = randomBytes(40 * 1024 * 1024);
    await writeFile(await mkdirFor(join(directory, path)), set);
    await chmod(directory, 0o755); // netboot's user reads there
    const alone = await startAlone(directory);
    const children = await childrenOf(alone.process);
    const request = httpRequest(`${alone.origin}/${path}`);
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage]; // not read yet: it waits on its way
    for (const pid of children) process.kill(pid, 'SIGKILL');
    const pieces: Buffer[] = [];
    response.on('data', (piece: Buffer) => pieces.push(piece));
    response.on('error', () => undefined);
    await new Promise((resolve) => response.once('close', resolve));
    expect(response.complete).toBe(false);
    const had = Buffer.concat(pieces);
    const again = await until(async () => {
      const headers = { Range: `bytes=${had.length}-`, 'If-Range': response.headers.etag ?? '' };
      return fetch(`${alone.origin}/${path}`, { headers, signal: AbortSignal.timeout(5000) }).catch(
        () => null,
      );
    });
    expect(again.status).toBe(206);
    const whole = Buffer.concat([had, Buffer.from(await again.arrayBuffer())]);
    expect(whole.equals(set)).toBe(true);
    await alone.stop();
  });

  // Only root has privileges to give up, and only Linux tells about them in /proc.
  it.skipIf(process.getuid?.() !== 0 || !existsSync('/proc/self/status'))(
    'started as root, has a netboot process that may do nothing and holds nothing but its sockets',
    async () => {
      const alone = await startAlone(directory);
      const [pid = 0] = await childrenOf(alone.process);
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      const field = (name: string) =>
        new RegExp(`^${name}:[\\t ]*(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/) ?? [];
      const [uid, gid] = [Number(field('Uid')[0]), Number(field('Gid')[0])];
      expect([field('Uid'), field('Gid')]).toEqual([Array(4).fill(String(uid)), Array(4).fill(String(gid))]);
      expect([uid === 0, gid === 0, field('Groups').join('')]).toEqual([false, false, '']);
      for (const name of ['CapPrm', 'CapEff', 'CapInh', 'CapAmb'])
        expect(field(name)).toEqual(['0000000000000000']);
      const open = await readdir(`/proc/${pid}/fd`);
      const targets = await Promise.all(
        open.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => 'pipe:gone')),
      );
      expect(
        targets.filter((target) => !/^(socket:|pipe:|anon_inode:|\/dev\/(null|urandom)$)/.test(target)),
      ).toEqual([]);
      for (const path of [join(directory, 'state'), join(directory, 'state/netboot.sock'), '/etc/shadow']) {
        const tried = spawn('cat', [path], { uid, gid, stdio: 'ignore' });
        expect([path, (await once(tried, 'exit'))[0]]).toEqual([path, 1]);
      }
      await alone.stop();
    },
  );

  it('lets the newest of two feeds speak', async () => {
    const alone = await startAlone(directory);
    const [first, second] = [feed(alone.config), feed(alone.config)];
    await Promise.any([first.netboot.push(LOCAL_CATALOG), second.netboot.push(LOCAL_CATALOG)]);
    expect(await conf(alone)).toBe(200);
    first.close();
    second.close();
    await alone.stop();
  });

  it('ends an arming when it ends, whatever the clock of the other machine says', async () => {
    const alone = await startAlone(directory);
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
    expect(await conf(alone)).toBe(200);
    await netboot.push(armedUntil(behind() - 1));
    expect(await conf(alone)).toBe(404);
    close();
    await alone.stop();
  });

  it('survives a feed that speaks nonsense, or without end', async () => {
    const alone = await startAlone(directory);
    const socket = connect(join(directory, 'state/netboot.sock'));
    socket.on('error', () => undefined);
    socket.write('nonsense\n{"kind":"push","id":1,"catalog":{"clients":7}}\nnull\n[]\n{"kind":"stop"}\n');
    const [said] = await once(socket, 'data');
    expect(JSON.parse(String(said).split('\n')[0] ?? '')).toEqual({ kind: 'ready' });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('x'.repeat(70 * 1024 * 1024));
    await closed;
    const { netboot, close } = feed(alone.config);
    await netboot.push(LOCAL_CATALOG);
    expect(await conf(alone)).toBe(200);
    close();
    await alone.stop();
  });

  it('is told to be started where it is not', async () => {
    const alone = await startAlone(directory);
    await alone.stop('SIGKILL');
    const { status, stderr } = await puffboot(['netboot', '-f', alone.config, '--channel', 'stdio']);
    expect(status).toBe(1);
    expect(stderr).toContain('nothing answers at');
    expect(stderr).toContain('puffboot netboot');
  });
});

/** Process ids of the children of a process. */
async function childrenOf({ pid }: ChildProcess): Promise<readonly number[]> {
  const ps = spawn('ps', ['-o', 'pid=', '--ppid', String(pid)]);
  let text = '';
  ps.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  await once(ps, 'close');
  return text.split(/\s+/).filter(Boolean).map(Number);
}
