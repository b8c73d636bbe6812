import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, OperatorError } from '../../common/error.ts';
import { type FileContent, HOST_TEXT_LIMIT } from '../access.ts';

export interface ExecuteOptions {
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: FileContent;
  readonly seconds?: number;
  /** What is said instead of the command's words in a message. */
  readonly title?: string;
}

export interface Executed {
  readonly status: number;
  readonly stdout: Uint8Array;
  /** Whether it printed more than was kept. */
  readonly cut: boolean;
  readonly stderr: string;
}

const DEFAULT_SECONDS = 60;
/** A command that was told to end gets this long before it is killed. Milliseconds. */
const KILL_AFTER = 2_000;

/**
 * Runs a program of this machine to its end.
 * @throws OperatorError HOST_COMMAND when it cannot be started, is ended by a signal, or takes too long. What
 *         runs as root under doas(1) cannot be ended by us then, and is not waited for.
 */
export async function execute(argv: readonly string[], options: ExecuteOptions): Promise<Executed> {
  const { stdin, title = argv.join(' ') } = options;
  const input = typeof stdin === 'object' ? await openInput(stdin.copyOf) : null;
  try {
    return await runToEnd(argv, input, { ...options, title });
  } finally {
    await input?.close();
  }
}

async function openInput(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new OperatorError('HOST_COMMAND', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

function runToEnd(
  argv: readonly string[],
  input: FileHandle | null,
  { env, stdin, seconds = DEFAULT_SECONDS, title }: ExecuteOptions & { readonly title: string },
): Promise<Executed> {
  const [command = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => reject(new OperatorError('HOST_COMMAND', `${title}: ${why}`));
    if (argv.some((word) => word.includes('\0'))) return refuse('a word may not hold a NUL byte');
    const first = typeof stdin === 'string' ? 'pipe' : (input?.fd ?? 'ignore');
    const child = spawn(command, args, { env, stdio: [first, 'pipe', 'pipe'] });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const late = setTimeout(() => {
      refuse(`no end within ${seconds} s`);
      giveUp(child);
    }, seconds * 1000);
    if (typeof stdin === 'string') {
      // A command that ends without reading all of it says so by its status.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(stdin);
    }
    child.once('error', (error) => {
      clearTimeout(late);
      refuse(messageOf(error));
    });
    child.once('close', (status, signal) => {
      clearTimeout(late);
      if (signal !== null) return refuse(`ended by ${signal}`);
      const out = stdout();
      resolve({
        status: status ?? 1,
        stdout: out.bytes,
        cut: out.cut,
        stderr: stderr().bytes.toString('utf8'),
      });
    });
  });
}

function giveUp(child: ChildProcess): void {
  child.kill('SIGTERM');
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
  setTimeout(() => child.kill('SIGKILL'), KILL_AFTER).unref();
}

function collect(
  stream: NodeJS.ReadableStream | null,
): () => { readonly bytes: Buffer; readonly cut: boolean } {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (length < HOST_TEXT_LIMIT) chunks.push(chunk.subarray(0, HOST_TEXT_LIMIT - length));
    length += chunk.length;
  });
  return () => ({ bytes: Buffer.concat(chunks), cut: length > HOST_TEXT_LIMIT });
}
