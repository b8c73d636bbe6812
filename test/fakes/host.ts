import { readFileSync } from 'node:fs';
import { OperatorError } from '../../src/common/error.ts';
import type { Line } from '../../src/common/line.ts';
import {
  type FileContent,
  HOST_TEXT_LIMIT,
  type HostAccess,
  type RunResult,
  type WriteOptions,
} from '../../src/host/access.ts';
import { backupName } from '../../src/host/backup-name.ts';
import { checkPath, textOf } from '../../src/host/text-file.ts';
import { FakeLine } from './line.ts';

export interface FakeFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly owner: string;
}

/** What a command of the table says: words, or a whole result. A string is standard output with status 0. */
type Answer = string | Partial<RunResult>;

export interface FakeCommand {
  readonly argv: readonly string[];
  readonly asRoot: boolean;
  readonly stdin: string;
}

export interface FakeHost extends HostAccess {
  readonly files: Map<string, FakeFile>;
  readonly directories: Set<string>;
  /** Every command that was run, its words joined by blanks; `doas ` before what ran as root. */
  readonly ran: string[];
  /** Paths that were written, in order. */
  readonly written: string[];
  /** Answers commands whose words, joined by blanks, match; the row that was added last counts. */
  on(pattern: RegExp, answer: Answer | ((command: FakeCommand) => Answer | Promise<Answer>)): void;
  put(path: string, text: string, mode?: number, owner?: string): void;
  text(path: string): string | null;
}

/** Milliseconds since the epoch: 2026-01-02 03:04:05 UTC. */
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const MISSING = 'No such file or directory';

/** A host in memory. A command that no row answers is not found, with status 127. */
export function fakeHost(files: Readonly<Record<string, string>> = {}): FakeHost {
  const rows: { readonly pattern: RegExp; readonly answer: Parameters<FakeHost['on']>[1] }[] = [];
  const lines: FakeLine[] = [];

  const host: FakeHost = {
    files: new Map(),
    directories: new Set(['/', '/etc', '/tmp']),
    ran: [],
    written: [],
    on: (pattern, answer) => void rows.unshift({ pattern, answer }),
    put(path, text, mode = 0o644, owner = 'root:wheel') {
      host.files.set(path, { bytes: Buffer.from(text), mode, owner });
    },
    text(path) {
      const file = host.files.get(path);
      return file === undefined ? null : Buffer.from(file.bytes).toString('utf8');
    },
    async read(path) {
      checkPath(path);
      const file = host.files.get(path);
      return file === undefined ? null : textOf(path, file.bytes, file.bytes.length > HOST_TEXT_LIMIT);
    },
    async run(argv, { asRoot = false, stdin } = {}) {
      const line = argv.join(' ');
      if (line.includes('\0'))
        throw new OperatorError('HOST_COMMAND', `${line}: a word may not hold a NUL byte`);
      host.ran.push(asRoot ? `doas ${line}` : line);
      return resultOf(await answer({ argv, asRoot, stdin: bytesOf(stdin ?? '').toString('utf8') }));
    },
    async write(path, content, options = {}) {
      checkPath(path);
      return write(path, bytesOf(content), typeof content !== 'string', options);
    },
    openConsole(argv): Line {
      const line = new FakeLine();
      lines.push(line);
      host.ran.push(argv.join(' '));
      void answer({ argv, asRoot: false, stdin: '' }).then((said) => {
        const { status, stdout, stderr } = resultOf(said);
        line.emit(`${stdout}${stderr}`);
        line.end({ exitCode: status, signal: null });
      });
      return line;
    },
    loginAnew: async () => undefined,
    close: async () => undefined,
  };

  async function answer(command: FakeCommand): Promise<Answer> {
    const line = command.argv.join(' ');
    const row = rows.find(({ pattern }) => pattern.test(line));
    if (row === undefined) return builtIn(host, command);
    return typeof row.answer === 'function' ? row.answer(command) : row.answer;
  }

  function write(path: string, bytes: Buffer, copied: boolean, options: WriteOptions) {
    const before = host.files.get(path);
    const parents = path.split('/').slice(0, -1);
    const refusal = host.directories.has(path)
      ? 'it is no plain file but a directory'
      : parents.some((_, at) => host.files.has(parents.slice(0, at + 1).join('/')))
        ? 'Not a directory'
        : null;
    if (refusal !== null) throw new OperatorError('HOST_COMMAND', `cannot write ${path}: ${refusal}`);
    const mode = options.mode ?? before?.mode ?? 0o600;
    if (copied && before !== undefined && bytes.equals(before.bytes)) {
      host.files.set(path, { ...before, mode });
      return { changed: false, backup: null };
    }
    const backup = options.backup && before !== undefined ? freeBackup(path) : null;
    if (backup !== null && before !== undefined) host.files.set(backup, before);
    const owner = options.owner ?? (options.asRoot ? (before?.owner ?? 'root:wheel') : '_puffboot:_puffboot');
    host.files.set(path, { bytes, mode, owner });
    for (const [at] of parents.entries()) host.directories.add(parents.slice(0, at + 1).join('/') || '/');
    host.written.push(path);
    return { changed: true, backup };
  }

  function freeBackup(path: string): string {
    for (let second = 0; ; second++) {
      const name = backupName(path, NOW + second * 1000);
      if (!host.files.has(name)) return name;
    }
  }

  for (const [path, text] of Object.entries(files)) host.put(path, text);
  return host;
}

/** What every host can do. */
function builtIn(host: FakeHost, { argv, stdin }: FakeCommand): Answer {
  const [command = '', ...words] = argv;
  const path = words.at(-1) ?? '';
  const isThere = host.files.has(path) || host.directories.has(path);
  switch (command) {
    case 'true':
      return '';
    case 'false':
      return { status: 1 };
    case 'echo':
      return `${words.join(' ')}\n`;
    case 'cat':
      if (words.length === 0) return stdin;
      return host.text(path) ?? { status: 1, stderr: `cat: ${path}: ${MISSING}\n` };
    case 'test':
      return { status: (words[0] === '-f' ? host.files.has(path) : isThere) ? 0 : 1 };
    case 'mkdir':
      host.directories.add(path);
      return '';
    case 'rm':
      host.files.delete(path);
      return '';
    case 'ls':
      return list(host, path);
    default:
      return { status: 127, stderr: `sh: ${command}: not found\n` };
  }
}

/** `ls -lnd PATH` */
function list(host: FakeHost, path: string): Answer {
  const file = host.files.get(path);
  if (file === undefined) return { status: 1, stderr: `ls: ${path}: ${MISSING}\n` };
  const bits = [...'rwxrwxrwx'].map((char, at) => (file.mode & (0o400 >> at) ? char : '-')).join('');
  return `-${bits}  1 0  0  ${file.bytes.length} Jan  2 03:04 ${path}\n`;
}

const bytesOf = (content: FileContent): Buffer =>
  typeof content === 'string' ? Buffer.from(content) : readFileSync(content.copyOf);

function resultOf(answer: Answer): RunResult {
  const whole = typeof answer === 'string' ? { stdout: answer } : answer;
  return { status: 0, stdout: '', stderr: '', ...whole };
}
