import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { Line } from '../../common/line.ts';
import type { FileContent, HostAccess, RunOptions, RunResult } from '../access.ts';

export interface LocalAccessOptions {
  /** Put before a command that only root may run, such as `['doas']`. */
  readonly become: readonly string[];
  /** The whole environment of every command. */
  readonly env: Readonly<Record<string, string>>;
  /** Opens a command on a new pty. */
  readonly openPty: (argv: readonly string[], options: { env: Readonly<Record<string, string>> }) => Line;
}

/** Longest output of a command that is kept; the rest is read and dropped. */
const OUTPUT_LIMIT = 1 << 20;

/** This machine as a vmd host; with another PATH also the rehearsal's simulated one. */
export function localAccess({ become, env, openPty }: LocalAccessOptions): HostAccess {
  return {
    run: (argv, options = {}) => run(options.asRoot ? [...become, ...argv] : argv, env, options),
    write,
    openConsole: (argv) => openPty(argv, { env }),
  };
}

function run(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { seconds = 60 }: RunOptions,
): Promise<RunResult> {
  const [command = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => reject(new OperatorError('HOST_COMMAND', `${argv.join(' ')}: ${why}`));
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: seconds * 1000 });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.once('error', (error) => refuse(messageOf(error)));
    child.once('close', (status, signal) => {
      if (signal !== null) refuse(`ended by ${signal} after at most ${seconds} s`);
      else resolve({ status: status ?? 1, stdout: stdout(), stderr: stderr() });
    });
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    if (length < OUTPUT_LIMIT) chunks.push(chunk);
    length += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

async function write(path: string, content: FileContent, mode = 0o600): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    if (typeof content !== 'string') await copyFile(content.copyOf, temporary);
    const file = await open(temporary, typeof content === 'string' ? 'wx' : 'r+', mode);
    try {
      if (typeof content === 'string') await file.writeFile(content);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new OperatorError('HOST_COMMAND', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}
