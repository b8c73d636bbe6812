import { accessSync, closeSync, constants, openSync, readSync, statSync, writeSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { type IPty, spawn } from 'node-pty';
import { errnoOf, messageOf, OperatorError } from '../../src/common/error.ts';
import type { Line, LineEnd } from '../../src/common/line.ts';

export interface PtyOptions {
  /** The whole environment of the command; nothing is inherited. TERM is vt220 where it is not given. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly cols?: number;
  readonly rows?: number;
}

/** A command that a signal should have ended gets this long before it is killed. Milliseconds. */
const KILL_AFTER = 2_000;
/** How long a full terminal is left alone before more is written. Milliseconds. */
const WRITE_AGAIN_AFTER = 10;
/** Typed text that a command which reads nothing may leave waiting. Bytes. */
const MAX_UNWRITTEN = 64 * 1024;
/** What a command may have left behind in the terminal; a kernel buffers far less. Bytes. */
const MAX_DRAIN = 4 * 1024 * 1024;

/**
 * Starts a command on a pseudo-terminal of its own. Subscribe to the output in the same turn of the event
 * loop: none is delivered before, and what nobody listens to is dropped.
 * @throws OperatorError CONSOLE_SPAWN naming the command, when it is not there, may not be run, or the system
 *         has no terminal left
 */
export function openPty(argv: readonly string[], options: PtyOptions): Line {
  const [command = '', ...args] = argv;
  const env = definedOnly(options.env);
  const file = findCommand(command, env.PATH ?? '', options.cwd ?? process.cwd());
  const { cwd = process.cwd(), cols = 80, rows = 24 } = options;
  const name = env.TERM ?? 'vt220';
  let pty: IPty | null = null;
  try {
    pty = spawn(file, args, { name, cols, rows, cwd, env, encoding: null });
    return new PtyLine(argv.join(' '), pty);
  } catch (cause) {
    pty?.kill('SIGKILL');
    const what = `cannot start ${JSON.stringify(command)} on a terminal: ${messageOf(cause)}`;
    throw new OperatorError('CONSOLE_SPAWN', what, { cause });
  }
}

/** What node-pty 1.1.0 keeps to itself and this needs; checked before use, so that an update cannot surprise. */
interface Internals {
  /** The master. */
  readonly fd: number;
  /** The slave's path. */
  readonly _pty: string;
  readonly _socket: { destroy(error?: Error): unknown };
}

class PtyLine implements Line {
  readonly title: string;
  readonly closed: Promise<LineEnd>;
  readonly #pty: IPty;
  readonly #fd: number;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  #unwritten: Uint8Array[] = [];
  /** The master's descriptor is gone and its number may belong to another file. */
  #gone = false;
  #killTimer: NodeJS.Timeout | undefined;
  #writeTimer: NodeJS.Timeout | undefined;

  constructor(title: string, pty: IPty) {
    this.title = title;
    this.#pty = pty;
    const internals = internalsOf(pty);
    this.#fd = internals.fd;
    // As long as somebody holds the slave, Linux keeps what the command printed last when it exits.
    const slave = openSync(internals._pty, constants.O_RDWR | constants.O_NOCTTY);
    const destroy = internals._socket.destroy.bind(internals._socket);
    internals._socket.destroy = (error) => {
      this.#drain();
      return destroy(error);
    };
    // With `encoding: null` the chunks are bytes, whatever the declaration says.
    pty.onData((chunk: unknown) => this.#deliver(chunk as Uint8Array));
    this.closed = new Promise((resolve) => {
      // node-pty tells the exit 200 ms after it happened and after it has closed the master.
      pty.onExit(({ exitCode, signal }) => {
        this.#gone = true;
        clearTimeout(this.#killTimer);
        clearTimeout(this.#writeTimer);
        closeSync(slave);
        resolve(signal ? { exitCode: null, signal } : { exitCode, signal: null });
      });
    });
  }

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * node-pty's own `write` spins while the terminal is full, and goes on writing to the descriptor's number
   * after it was closed.
   */
  write(bytes: Uint8Array): void {
    const waiting = this.#unwritten.reduce((sum, { length }) => sum + length, 0);
    if (this.#gone || waiting + bytes.length > MAX_UNWRITTEN) return;
    this.#unwritten.push(Uint8Array.from(bytes));
    if (waiting === 0) this.#flush();
  }

  close(): void {
    if (this.#gone || this.#killTimer !== undefined) return;
    signalGroup(this.#pty.pid, 'SIGHUP');
    this.#killTimer = setTimeout(() => {
      if (!this.#gone) signalGroup(this.#pty.pid, 'SIGKILL');
    }, KILL_AFTER);
  }

  #flush(): void {
    for (let bytes = this.#unwritten[0]; bytes !== undefined && !this.#gone; bytes = this.#unwritten[0]) {
      const written = tryWrite(this.#fd, bytes);
      if (written === null) this.#unwritten = [];
      else if (written < bytes.length) {
        this.#unwritten[0] = bytes.subarray(written);
        this.#writeTimer = setTimeout(() => this.#flush(), WRITE_AGAIN_AFTER);
        return;
      } else this.#unwritten.shift();
    }
  }

  #deliver(bytes: Uint8Array): void {
    for (const listener of [...this.#listeners]) listener(bytes);
  }

  /** Reads what is still in the terminal before node-pty closes it: a busy event loop may not have come to it. */
  #drain(): void {
    if (this.#gone) return;
    this.#gone = true;
    const buffer = new Uint8Array(64 * 1024);
    for (let total = 0; total < MAX_DRAIN; ) {
      const length = tryRead(this.#fd, buffer);
      if (length === 0) return;
      this.#deliver(buffer.slice(0, length));
      total += length;
    }
  }
}

/** @returns bytes written, 0 when the terminal is full; null when it takes no more at all */
function tryWrite(fd: number, bytes: Uint8Array): number | null {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return errnoOf(error) === 'EAGAIN' ? 0 : null;
  }
}

/** @returns 0 when there is nothing to read, now or ever */
function tryRead(fd: number, buffer: Uint8Array): number {
  try {
    return readSync(fd, buffer);
  } catch {
    return 0;
  }
}

/** The command leads a session of its own, so its group is what it has started in the foreground. */
function signalGroup(pid: number, signal: 'SIGHUP' | 'SIGKILL'): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
    } catch {
      // It is gone already, or was quicker than its setsid(2): then the second target is the one.
    }
  }
}

function internalsOf(pty: IPty): Internals {
  const value = pty as unknown as Partial<Internals>;
  if (typeof value.fd !== 'number' || typeof value._pty !== 'string') {
    throw new TypeError('this node-pty is not 1.1.0: it has no fd or no slave path');
  }
  if (typeof value._socket?.destroy !== 'function') {
    throw new TypeError('this node-pty is not 1.1.0: it has no socket');
  }
  return value as Internals;
}

/** Looked up here, because what node-pty's child meets it can only print on the console. */
function findCommand(command: string, path: string, cwd: string): string {
  if (!isDirectory(cwd)) {
    throw new OperatorError(
      'CONSOLE_SPAWN',
      `cannot start ${JSON.stringify(command)} in ${cwd}: no such directory`,
    );
  }
  const candidates = command.includes('/')
    ? [resolve(cwd, command)]
    : path.split(delimiter).map((directory) => resolve(cwd, join(directory, command)));
  const found = command === '' ? undefined : candidates.find(isExecutable);
  if (found !== undefined) return found;
  const where = command.includes('/') ? '' : ` in PATH (${path})`;
  throw new OperatorError('CONSOLE_SPAWN', `there is no command ${JSON.stringify(command)}${where}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function definedOnly(env: PtyOptions['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
