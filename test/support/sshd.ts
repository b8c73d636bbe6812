import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { SshTarget } from '../../src/host/ssh-argv.ts';
import { until } from './puffboot.ts';
import { requireProgram } from './require.ts';
import { serveShell } from './shell-server.ts';

export const SSHD = requireProgram('/usr/sbin/sshd');

const SHELL = resolve('dist/src/rehearsal/io/shell.js');
/** The same in a tenth of the time, where there is perl(1). */
const QUICK_SHELL = resolve('test/support/host-shell.pl');
const PERL = '/usr/bin/perl';
const USER = '_puffboot';
const run = promisify(execFile);

/** A real sshd(8) on loopback, run by whoever runs the tests, through which one gets to a simulated host. */
export interface TestSshd {
  readonly target: Required<SshTarget>;
  readonly port: number;
  /** Makes new host keys, as a machine that was installed anew has. */
  changeHostKey(): Promise<void>;
  /** Ends every connection at once, without a word, as a lost network would. */
  cut(): Promise<void>;
  /** Nobody listens any more, and every connection is gone, as on a machine without power. */
  stop(): Promise<void>;
  start(): Promise<void>;
  log(): Promise<string>;
  /** Stops it, ends all connections and removes its files. */
  close(): Promise<void>;
}

/**
 * @param root of the simulated host that every login leads to, as the user _puffboot; with null a login runs
 *   what it asks for, on this machine
 */
export async function openSshd(root: string | null): Promise<TestSshd> {
  const directory = await mkdtemp(join(tmpdir(), 'puffboot-sshd-'));
  const file = (name: string) => join(directory, name);
  // Started by root, it wants a directory that a system makes when it boots.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
  const port = await freePort();
  for (const name of ['host', 'client', 'other']) await keygen(file(name));
  await writeFile(file('authorized_keys'), await readFile(file('client.pub')), { mode: 0o600 });
  const [type, key] = (await readFile(file('host.pub'), 'utf8')).split(' ');
  await writeFile(file('known_hosts'), `[127.0.0.1]:${port} ${type} ${key}\n`);
  await writeFile(file('config'), configOf(directory, port, root));
  const closeShell = root === null ? async () => undefined : await serveShell(file('shell'), root, USER);
  let daemon: ChildProcess | null = null;

  const sshd: TestSshd = {
    port,
    target: {
      address: `${userInfo().username}@127.0.0.1`,
      port,
      identity: file('client'),
      knownHosts: file('known_hosts'),
    },
    async changeHostKey() {
      await sshd.stop();
      await rm(file('host'));
      await keygen(file('host'));
      await sshd.start();
    },
    async cut() {
      for (const pid of await connections(daemon?.pid)) kill(pid);
    },
    async stop() {
      const leaving = daemon;
      daemon = null;
      if (leaving === null || leaving.exitCode !== null) return;
      const standing = await connections(leaving.pid);
      const gone = new Promise((done) => leaving.once('exit', done));
      leaving.kill('SIGKILL');
      await gone;
      for (const pid of standing) kill(pid);
    },
    async start() {
      daemon = spawn(SSHD.path, ['-D', '-f', file('config'), '-E', file('log')], { stdio: 'ignore' });
      await until(() => isListening(port));
    },
    log: () => readFile(file('log'), 'utf8'),
    async close() {
      await sshd.stop();
      await closeShell();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await sshd.start();
  return sshd;
}

/**
 * With sshd's own limits, so that what holds here holds for a host as it is installed. SHLVL keeps bash(1) from reading
 * the files of whoever runs the tests at each command.
 */
function configOf(directory: string, port: number, root: string | null): string {
  const shell = `${process.execPath} ${SHELL} ${root} ${USER}`;
  const quick = existsSync(PERL) ? `${PERL} ${QUICK_SHELL} ${directory}/shell ` : '';
  const forced = root === null ? '' : `ForceCommand exec ${quick}${shell}\n`;
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${directory}/host
AuthorizedKeysFile ${directory}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 10:30:100
MaxSessions 10
PrintMotd no
LogLevel VERBOSE
SetEnv SHLVL=2
${forced}`;
}

async function keygen(path: string): Promise<void> {
  await rm(`${path}.pub`, { force: true });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  await chmod(path, 0o600);
}

/** The processes below a listening sshd, one or two for each connection. */
async function connections(daemon: number | undefined): Promise<readonly number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,comm=']);
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/));
  const below = (parent: number): number[] =>
    rows.flatMap(([pid, ppid, name]) =>
      Number(ppid) === parent && name?.startsWith('sshd') ? [Number(pid), ...below(Number(pid))] : [],
    );
  return daemon === undefined ? [] : below(daemon);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const bound = probe.address();
      probe.close(() => done(typeof bound === 'object' && bound !== null ? bound.port : 0));
    });
  });
}
