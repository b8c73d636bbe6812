/** `puffboot netboot` as a process of its own, and what feeds it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach } from 'vitest';
import { bindSockets, closeSockets } from '../../netboot/io/bind.ts';
import { type RemoteNetboot, remoteNetboot } from '../../netboot/io/channel.ts';
import { commandPort } from '../../netboot/io/command-channel.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';
import { LOOPBACK, portsOf } from '../netboot/io/running.ts';
import { PROGRAM } from './puffboot.ts';

/** A directory of its own for each test of a file. */
export function eachInDirectory(): () => string {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-alone-'));
    process.env.PUFFBOOT_LOG = 'error';
  });
  afterEach(async () => {
    delete process.env.PUFFBOOT_LOG;
    await rm(directory, { recursive: true, force: true });
  });
  return () => directory;
}

export interface Alone {
  readonly config: string;
  readonly origin: string;
  readonly process: ChildProcess;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** `puffboot netboot` as a process of its own, as whoever runs the tests. */
export async function startAlone(directory: string): Promise<Alone> {
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

export interface Fed {
  readonly netboot: RemoteNetboot;
  close(): void;
}

/** What `serve` does, with a pipe where it has ssh(1), or with that too. */
export function feed(config: string, now?: () => number, ssh: readonly string[] = []): Fed {
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

const run = promisify(execFile);

/** The processes that carry its feed. */
export async function carriersOf({ config }: Alone): Promise<readonly number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,args=']);
  const lines = stdout.split('\n').filter((line) => line.includes(`${config} --channel`));
  return lines.map((line) => Number.parseInt(line, 10));
}

/** Whether it serves a response file now, by the status. */
export const responseFileStatus = async ({ origin }: Alone): Promise<number> =>
  (await fetch(`${origin}/install.conf`, { signal: AbortSignal.timeout(2000) })).status;

/** Process ids of the children of a process. */
export async function childrenOf({ pid }: Pick<ChildProcess, 'pid'>): Promise<readonly number[]> {
  const ps = spawn('ps', ['-o', 'pid=', '--ppid', String(pid)]);
  let text = '';
  ps.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  await once(ps, 'close');
  return text.split(/\s+/).filter(Boolean).map(Number);
}
