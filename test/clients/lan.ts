import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { requireProgram, skipFor } from '../support/require.ts';

/** Where the server is, in its own namespace. */
export const SERVER = '10.77.0.1';
export const NETWORK = '10.77.0.0/24';
/** All on one link, where each machine has a /64 of its own. */
export const SERVER6 = '2001:db8:77::1';
const LENGTH6 = 48;

export interface Output {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One machine of the test: a network namespace, and nothing of it outside. */
export interface Station {
  readonly namespace: string;
  /** The argv that runs a program here. */
  inside(argv: readonly string[]): readonly string[];
  /** Runs a program to its end, or kills it after `seconds`. */
  run(
    argv: readonly string[],
    options?: { readonly seconds?: number; readonly cwd?: string },
  ): Promise<Output>;
}

/** An Ethernet of network namespaces around the server's bridge; no packet leaves them. */
export interface Lan {
  readonly server: Station;
  /** A machine with one interface, eth0, plugged into the server's network. */
  station(options?: {
    readonly lladdr?: string;
    readonly address?: string;
    readonly address6?: string;
  }): Promise<Station>;
  /** A machine on a cable to `other`, where the new end is called `name`. */
  stationBehind(other: Station, name: string, lladdr: string): Promise<Station>;
  close(): Promise<void>;
}

const PREFIX = 'puffboot-test-';
/** Test files may share a process. */
const RUN = randomBytes(3).toString('hex');
let made = 0;

/** Why there can be no namespaces here, or false. */
export const LAN_SKIP: string | false = whyNot();

export const LAN6_SKIP: string | false =
  LAN_SKIP || (existsSync('/proc/net/if_inet6') ? false : skipFor('this system has no IPv6'));

/** The title of a test, with the reason where it is skipped. */
export const titled = (title: string, skip: string | false): string =>
  skip === false ? title : `${title} (${skip})`;

export async function openLan(): Promise<Lan> {
  await removeOrphans();
  const namespaces: string[] = [];
  const add = async (): Promise<Station> => {
    made += 1;
    const namespace = `${PREFIX}${process.pid}-${RUN}-${made}`;
    await ip('netns', 'add', namespace);
    namespaces.push(namespace);
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return stationIn(namespace);
  };
  const close = async () => {
    for (const namespace of namespaces) await remove(namespace);
  };
  const cable = async (one: Station, port: string, other: Station, name: string, lladdr?: string) => {
    const address = lladdr === undefined ? [] : ['address', lladdr];
    const peer = ['peer', 'name', name, 'netns', other.namespace, ...address];
    await ip('-n', one.namespace, 'link', 'add', port, 'type', 'veth', ...peer);
    await ip('-n', one.namespace, 'link', 'set', port, 'up');
    await ip('-n', other.namespace, 'link', 'set', name, 'up');
  };
  /** Usable at once: nobody else is there to have it already. */
  const add6 = ({ namespace }: Station, address: string, interfaceName: string) =>
    ip('-n', namespace, 'address', 'add', `${address}/${LENGTH6}`, 'dev', interfaceName, 'nodad');
  try {
    const server = await add();
    await ip('-n', server.namespace, 'link', 'add', 'lan', 'type', 'bridge');
    await ip('-n', server.namespace, 'link', 'set', 'lan', 'up');
    await ip('-n', server.namespace, 'address', 'add', `${SERVER}/24`, 'dev', 'lan');
    if (LAN6_SKIP === false) await add6(server, SERVER6, 'lan');
    return {
      server,
      async station({ lladdr, address, address6 } = {}) {
        const station = await add();
        const port = `port${made}`;
        await cable(server, port, station, 'eth0', lladdr);
        await ip('-n', server.namespace, 'link', 'set', port, 'master', 'lan');
        if (address !== undefined) {
          await ip('-n', station.namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
        }
        if (address6 !== undefined) await add6(station, address6, 'eth0');
        return station;
      },
      async stationBehind(other, name, lladdr) {
        const station = await add();
        await cable(other, name, station, 'eth0', lladdr);
        return station;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs ip(8), which must succeed. */
export async function ip(...argv: readonly string[]): Promise<void> {
  const { status, stderr } = await output(['ip', ...argv]);
  if (status !== 0) throw new Error(`ip ${argv.join(' ')}: ${stderr.trim()}`);
}

function stationIn(namespace: string): Station {
  const inside = (argv: readonly string[]) => ['ip', 'netns', 'exec', namespace, ...argv];
  return { namespace, inside, run: (argv, options) => output(inside(argv), options) };
}

function output(
  argv: readonly string[],
  { seconds = 20, cwd = '/' }: { readonly seconds?: number; readonly cwd?: string } = {},
): Promise<Output> {
  const [command = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    // `ip netns exec` becomes the program, so the signal reaches it.
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.once('error', reject);
    // Not `close`: a client that goes into the background keeps the pipes.
    child.once('exit', (status) => {
      clearTimeout(timer);
      setImmediate(() => resolve({ status, stdout, stderr }));
    });
  });
}

/** Deleting a namespace ends its interfaces, but not the programs that still run in it. */
async function remove(namespace: string): Promise<void> {
  const { stdout } = await output(['ip', 'netns', 'pids', namespace]);
  for (const pid of stdout.split(/\s+/).filter(Boolean)) signal(Number(pid), 'SIGKILL');
  await ip('netns', 'del', namespace);
}

/** What a test left that was killed itself. */
async function removeOrphans(): Promise<void> {
  const { stdout } = await output(['ip', 'netns', 'list']);
  for (const [namespace, pid] of stdout.matchAll(new RegExp(`^${PREFIX}(\\d+)-\\S+`, 'gm'))) {
    if (!signal(Number(pid), 0)) await remove(namespace);
  }
}

/** @returns whether there is such a process */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function whyNot(): string | false {
  const { skip } = requireProgram('ip');
  if (skip !== false) return skip;
  const name = `${PREFIX}${process.pid}-${RUN}-probe`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    execFileSync('ip', ['netns', 'del', name], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return skipFor(`may not make network namespaces: ${String(error).split('\n')[1] ?? error}`);
  }
}
