import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../../common/error.ts';
import type { Log } from '../../common/port.ts';
import { HOST } from '../host-path.ts';
import { parseOptions, type SimulationOptions } from '../options.ts';
import { makeBaseFiles } from './root/base-files.ts';

export interface SimulatedHostParts {
  /** Directory that becomes the host's root; made where it is missing. */
  readonly root: string;
  readonly options: Partial<SimulationOptions>;
  readonly log: Log;
}

export interface SimulatedHost {
  /** Directory of its `vmctl`, to be put first in PATH. */
  readonly binaries: string;
  /** Ends the daemon and every VM. */
  stop(): Promise<void>;
}

const STOP_MILLISECONDS = 5000;

/**
 * Makes the host's directories and its `vmctl`, and starts its vmd, which ends with this process.
 * @throws OperatorError REHEARSAL_FAILED when the daemon doesn't come up
 */
export async function startSimulatedHost({ root, options, log }: SimulatedHostParts): Promise<SimulatedHost> {
  const base = resolve(root);
  const parsed = parseOptions(options);
  await makeHost(base);
  const daemon = spawn(process.execPath, [compiled('vmd.js'), base, JSON.stringify(parsed)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
  });
  createInterface({ input: daemon.stderr }).on('line', (line) => log.debug('rehearsal.vmd', { line }));
  await ready(daemon);
  return { binaries: join(base, 'bin'), stop: () => stop(daemon) };
}

/** Makes the host's directories, its files as a new system has them, and its `vmctl`. What is there stays. */
export async function makeHost(root: string): Promise<void> {
  for (const directory of HOST.directories) await mkdir(join(root, directory), { recursive: true });
  await writeFile(join(root, HOST.vmctl), wrapper('vmctl.js'), { mode: 0o755 });
  await writeFile(join(root, HOST.config), '', { flag: 'a' });
  makeBaseFiles(root);
}

function ready(daemon: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    daemon.stdout?.once('data', () => done());
    const refuse = (why: string): void =>
      fail(new OperatorError('REHEARSAL_FAILED', `the simulated vmd did not start: ${why}`));
    daemon.once('error', (error) => refuse(error.message));
    daemon.once('exit', (status, signal) => refuse(`it ended with ${signal ?? `status ${status}`}`));
  });
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = new Promise<void>((done) => daemon.once('exit', () => done()));
  const late = setTimeout(() => daemon.kill('SIGKILL'), STOP_MILLISECONDS);
  daemon.stdin?.end();
  await ended;
  clearTimeout(late);
}

/** Finds its own host by where it lies, so that a copied directory is a host of its own. */
function wrapper(name: string): string {
  const program = [process.execPath, compiled(name)].map(quote).join(' ');
  return `#!/bin/sh\nroot=$(cd -- "$(dirname -- "$0")/.." && pwd) || exit 1\nexec ${program} "$root" "$@"\n`;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The compiled programs; this file may itself run from the source tree, in tests. */
export function compiled(name: string): string {
  const built = import.meta.url.endsWith('.ts') ? '../../../dist/src/rehearsal/io/' : './';
  return fileURLToPath(new URL(`${built}${name}`, import.meta.url));
}
