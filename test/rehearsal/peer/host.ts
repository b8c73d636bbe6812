import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn as spawnPty } from 'node-pty';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { type SimulatedHost, startSimulatedHost } from '../../../src/rehearsal/io/simulated-host.ts';
import type { SimulationOptions } from '../../../src/rehearsal/options.ts';

export interface TestHost {
  readonly root: string;
  readonly host: SimulatedHost;
  vmctl(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }>;
  /** vmctl on a pty, as a console. */
  open(...words: string[]): Screen;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  close(): Promise<void>;
}

export async function openHost(options: Partial<SimulationOptions>): Promise<TestHost> {
  const root = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  const host = await startSimulatedHost({ root, options: { pace: 0, ...options }, log: SILENT_LOG });
  const program = join(host.binaries, 'vmctl');
  const screens: Screen[] = [];
  return {
    root,
    host,
    vmctl: (...words) => run(program, words),
    open: (...words) => {
      const screen = openScreen(program, words);
      screens.push(screen);
      return screen;
    },
    write: (path, text) => writeFile(join(root, path), text),
    read: (path) => readFile(join(root, path), 'utf8'),
    close: async () => {
      for (const screen of screens) screen.hangUp();
      await host.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function run(program: string, words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (bytes) => (out.stdout += bytes));
    child.stderr.on('data', (bytes) => (out.stderr += bytes));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status: status ?? -1, ...out }));
  });
}

export interface Screen {
  /** Everything so far. */
  text(): string;
  /** Resolves when `wanted` appears behind what earlier calls found. */
  until(wanted: string | RegExp): Promise<void>;
  type(text: string): void;
  hangUp(): void;
  readonly closed: Promise<number>;
}

const PATIENCE_MILLISECONDS = 90_000;

function openScreen(program: string, words: string[]): Screen {
  const pty = spawnPty(program, words, { cols: 80, rows: 24, env: {} });
  let text = '';
  let seen = 0;
  let check = (): void => undefined;
  pty.onData((data) => {
    text += data;
    check();
  });
  const closed = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => {
      setTimeout(() => {
        check();
        resolve(exitCode);
      }, 50);
    });
  });
  return {
    text: () => text,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`awaited ${wanted}, got:\n${text.slice(-1500)}`)),
          PATIENCE_MILLISECONDS,
        );
        check = () => {
          const rest = text.slice(seen);
          const at = typeof wanted === 'string' ? rest.indexOf(wanted) : rest.search(wanted);
          if (at < 0) return;
          const length = typeof wanted === 'string' ? wanted.length : (wanted.exec(rest)?.[0].length ?? 0);
          seen += at + length;
          check = () => undefined;
          clearTimeout(late);
          resolve();
        };
        check();
      }),
    type: (typed) => pty.write(typed),
    hangUp: () => {
      try {
        pty.kill('SIGHUP');
      } catch {
        // It is gone already.
      }
    },
    closed,
  };
}
