import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The compiled program, as users run it. `npm test` builds it first. */
export const PROGRAM = resolve('dist/src/main.js');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the compiled program to its end. */
export function puffboot(
  argv: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Record<string, string>;
    readonly onStart?: (pid: number) => void;
  } = {},
): Promise<Ran> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.cwd ?? process.cwd(),
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', ...options.env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.once('error', reject);
    child.once('close', (status) => done({ status, stdout, stderr }));
    if (child.pid !== undefined) options.onStart?.(child.pid);
  });
}

/**
 * Waits until `probe` gives something; asks often, because only a real process can tell. The time is for what never
 * comes: it must do on a machine that is busy with ten other things.
 */
export async function until<T>(probe: () => Promise<T | null | false>, seconds = 90): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const found = await probe();
    if (found !== null && found !== false) return found;
    await new Promise((again) => setTimeout(again, 20));
  }
  throw new Error(`not within ${seconds} s`);
}
