import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import {
  endServe,
  type Stage,
  type StageOptions,
  setStage,
  startServe,
  untilReady,
} from '../../src/cli/rehearse/stage.ts';
import { parseStatus, type VmStatus } from '../../src/host/vmctl.ts';
import { ENDED, type InstallState } from '../../src/install/install.ts';
import { callControl, controlPath } from '../../src/io/control-client.ts';
import type { ChildName } from '../../src/io/processes/protocol.ts';
import type { VmView } from '../../src/web/operator.ts';
import { PROGRAM, until } from './puffboot.ts';

/** An owner's key with the kind of comment that must never be seen again. */
export const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFB1ZmZ5IHJlaGVhcnNlcyBhbiBpbnN0YWxsIGhlcmUh hidden-password';

type LogLine = Readonly<Record<string, unknown>>;

/** A whole puffboot on a simulated host, as a test handles it: by its control socket, its log, its processes. */
export interface Rig {
  readonly stage: Stage;
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  add(name: string): Promise<unknown>;
  install(name: string): Promise<unknown>;
  show(name: string): Promise<VmView>;
  stateOf(name: string): Promise<InstallState | null>;
  /** Waits for the install to end. */
  ended(name: string): Promise<InstallState>;
  /** Kills the parent of `serve` and waits until its ports are free. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Waits until it is there. */
  childPid(name: ChildName): Promise<number>;
  /** What the simulated host's own vmctl says. */
  hostStatus(): Promise<readonly VmStatus[]>;
  /** The simulated host's own vmctl, as its administrator would use it. @returns what it prints */
  vmctl(...argv: readonly string[]): Promise<string>;
  log(): Promise<string>;
  events(event: string): Promise<readonly LogLine[]>;
  recordings(): Promise<readonly string[]>;
  httpPort(): Promise<number>;
}

export type RigOptions = Partial<
  Pick<
    StageOptions,
    'release' | 'nextRelease' | 'lone' | 'hung' | 'wedged' | 'faults' | 'reach' | 'telemetrySeconds'
  >
>;

/** Runs `body` on a stage of its own and clears it away, whatever happens. */
export async function withRig(
  pace: number,
  body: (rig: Rig) => Promise<void>,
  options: RigOptions = {},
): Promise<void> {
  const { rig, close } = await openRig(pace, options);
  try {
    await body(rig);
  } finally {
    await close();
  }
}

/** One stage for the tests of a file that leave each other alone: each with VMs of its own. */
export function sharedRig(pace: number, options: RigOptions = {}): () => Rig {
  let opened: Awaited<ReturnType<typeof openRig>> | null = null;
  beforeAll(async () => {
    opened = await openRig(pace, options);
  });
  afterAll(() => opened?.close());
  return () => {
    if (opened === null) throw new Error('the stage is set before all tests');
    return opened.rig;
  };
}

async function openRig(
  pace: number,
  options: RigOptions,
): Promise<{ readonly rig: Rig; close(): Promise<void> }> {
  const stage = await setStage({ program: PROGRAM, release: '7.6', pace, faults: [], ...options });
  let serve = stage.serve;
  const stateDirectory = join(stage.directory, 'state');
  const call: Rig['call'] = (method, path, body) =>
    callControl(controlPath(stateDirectory), method, path, body);
  const show: Rig['show'] = async (name) => (await call('GET', `/vms/${name}`)) as VmView;
  const stateOf: Rig['stateOf'] = async (name) => (await show(name)).install?.state ?? null;
  const vmctl: Rig['vmctl'] = (...argv) => output(join(stage.directory, 'host/bin/vmctl'), argv);
  const log = () => readFile(stage.serveLog, 'utf8');
  const port = async (key: string) =>
    Number(new RegExp(`^${key} = (\\d+)$`, 'm').exec(await readFile(stage.configFile, 'utf8'))?.[1]);

  const rig: Rig = {
    stage,
    call,
    show,
    stateOf,
    log,
    add: (name) => call('POST', '/vms', { name, owner: 'puffy', sshKeys: [KEY], sets: ['-x*'] }),
    install: (name) => call('POST', `/vms/${name}/install`, { mode: 'install' }),
    ended: (name) =>
      until(async () => {
        const state = await stateOf(name).catch(() => null);
        return state !== null && ENDED.has(state) ? state : null;
      }, 120),
    async kill() {
      serve.kill('SIGKILL');
      const [dhcp, tftp, http] = [await port('dhcpPort'), await port('tftpPort'), await port('httpPort')];
      await until(async () => (await isUdpFree(dhcp)) && (await isUdpFree(tftp)) && (await isTcpFree(http)));
    },
    async restart() {
      serve = startServe(PROGRAM, stage.configFile, stage.serveLog);
      await untilReady(stateDirectory, serve, stage.serveLog);
    },
    childPid: (name) =>
      until(async () => {
        const parent = name === 'boot-http' ? await rig.childPid('netboot') : (serve.pid ?? 0);
        return pidOf(parent, `processes/${name}.js`);
      }),
    vmctl,
    hostStatus: async () => parseStatus(await vmctl('status')),
    events: async (event) =>
      (await log())
        .split('\n')
        .filter((line) => line.includes(`"event":"${event}"`))
        .map((line) => JSON.parse(line) as LogLine),
    async recordings() {
      const directory = join(stateDirectory, 'recordings');
      return Promise.all((await readdir(directory)).map((file) => readFile(join(directory, file), 'utf8')));
    },
    httpPort: () => port('httpPort'),
  };
  const close = async () => {
    await endServe(serve);
    await stage.close(true);
  };
  return { rig, close };
}

/** Null while there is none: it may have been killed a moment ago. */
async function pidOf(parent: number, program: string): Promise<number | null> {
  const rows = (await output('ps', ['-A', '-o', 'pid=,ppid=,args=']))
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  const found = rows.find(([, ppid, ...args]) => Number(ppid) === parent && args.join(' ').includes(program));
  return found === undefined ? null : Number(found[0]);
}

/** What a command prints, whatever its exit status: vmctl exits with 1 when there is no VM. */
function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, [...args], (_, stdout) => resolve(stdout));
  });
}

function isUdpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createSocket('udp4');
    probe.once('error', () => resolve(false));
    probe.bind(port, '127.77.0.1', () => probe.close(() => resolve(true)));
  });
}

function isTcpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.77.0.1', () => probe.close(() => resolve(true)));
  });
}
