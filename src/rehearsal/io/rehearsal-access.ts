import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { Line } from '../../common/line.ts';
import { type FileContent, HOST_TEXT_LIMIT, type HostAccess } from '../../host/access.ts';
import { commandFiles, type HostCommand } from '../../host/io/command-files.ts';
import type { Executed } from '../../host/io/execute.ts';
import { resultOf } from '../../host/io/local-access.ts';
import { HOST } from '../host-path.ts';
import { runOnHost, type Surroundings } from './root/run.ts';
import { compiled } from './simulated-host.ts';

export interface RehearsalAccessOptions {
  readonly root: string;
  /** Put before what only root may do; empty: everything is done as root. */
  readonly become: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly openPty: (argv: readonly string[], options: { env: Readonly<Record<string, string>> }) => Line;
}

const DEFAULT_SECONDS = 60;

/** The simulated host without ssh(1): its commands run in this process, its consoles in their own. */
export function rehearsalAccess({ root, become, now, openPty }: RehearsalAccessOptions): HostAccess {
  const user = become.length === 0 ? 'root' : '_puffboot';
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
  const command: HostCommand = (argv, { asRoot, stdin, seconds = DEFAULT_SECONDS }) =>
    execute(root, user, asRoot ? [...become, ...argv] : argv, stdin, seconds);
  return {
    ...commandFiles(command, now),
    run: async (argv, { asRoot = false, ...rest } = {}) => resultOf(await command(argv, { asRoot, ...rest })),
    openConsole: (argv) => openPty([process.execPath, compiled('shell.js'), root, user, ...argv], { env }),
    loginAnew: async () => undefined,
    close: async () => undefined,
  };
}

async function execute(
  root: string,
  user: string,
  argv: readonly string[],
  stdin: FileContent | undefined,
  seconds: number,
): Promise<Executed> {
  const title = argv.join(' ');
  const refuse = (why: string) => new OperatorError('HOST_COMMAND', `${title}: ${why}`);
  if (title.includes('\0')) throw refuse('a word may not hold a NUL byte');
  const input = await readInput(stdin);
  const out: Uint8Array[] = [];
  let err = '';
  const surroundings: Surroundings = {
    root,
    input: async () => input,
    stream: async function* () {
      yield input;
    },
    out: (data) => void out.push(Buffer.from(data)),
    err: (text) => {
      err += text;
    },
    vmctl: (words) => vmctl(root, words, surroundings),
    drop: async () => {
      throw new OperatorError('HOST_UNREACHABLE', 'the simulated host closed the connection');
    },
  };
  let late: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(refuse(`no end within ${seconds} s`)), seconds * 1000);
  });
  try {
    const status = await Promise.race([runOnHost(surroundings, user, argv), overdue]);
    const stdout = Buffer.concat(out);
    return {
      status,
      stdout: stdout.subarray(0, HOST_TEXT_LIMIT),
      cut: stdout.length > HOST_TEXT_LIMIT,
      stderr: err,
    };
  } finally {
    clearTimeout(late);
  }
}

async function readInput(stdin: FileContent | undefined): Promise<Buffer> {
  if (typeof stdin !== 'object') return Buffer.from(stdin ?? '');
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(stdin.copyOf)) chunks.push(chunk as Buffer);
  } catch (cause) {
    throw new OperatorError('HOST_COMMAND', `cannot read ${stdin.copyOf}: ${messageOf(cause)}`, { cause });
  }
  return Buffer.concat(chunks);
}

function vmctl(root: string, words: readonly string[], { out, err }: Surroundings): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, HOST.vmctl), words, {
      cwd: join(root, 'var/puffboot'),
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', out);
    child.stderr.on('data', (bytes) => err(String(bytes)));
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}
