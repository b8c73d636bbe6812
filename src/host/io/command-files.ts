import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { FileContent, HostAccess, WriteOptions, Written } from '../access.ts';
import { backupName, temporaryName } from '../backup-name.ts';
import { type FileStatus, parseListLine } from '../list-line.ts';
import { checkPath, textOf } from '../text-file.ts';
import type { Executed } from './execute.ts';
import { takeTurns } from './turns.ts';

/** Runs one command on the host, as root where that is asked for. */
export type HostCommand = (
  argv: readonly string[],
  options: { readonly asRoot: boolean; readonly stdin?: FileContent; readonly seconds?: number },
) => Promise<Executed>;

/** A kernel may take this long over a slow line. */
const COPY_SECONDS = 900;
/** How many seconds' names are tried for a backup, where many are made at once. */
const BACKUP_NAMES = 60;

/**
 * A host's files by its own commands: cat, ls, install, tee, sync, ln, mv, rm, mkdir, sha256. Each gets its
 * words as they are, so that doas(1) needs no shell.
 * @param now milliseconds since the epoch
 */
export function commandFiles(command: HostCommand, now: () => number): Pick<HostAccess, 'read' | 'write'> {
  const inTurn = takeTurns();
  return {
    async read(path, { asRoot = false } = {}) {
      checkPath(path);
      const { status, stdout, cut, stderr } = await command(['cat', path], { asRoot });
      if (status === 0) return textOf(path, stdout, cut);
      if (isMissing(stderr)) return null;
      throw failed(`cannot read ${path}`, stderr, status);
    },
    write(path, content, options = {}) {
      checkPath(path);
      return inTurn(path, () => write(command, now, path, content, options));
    },
  };
}

async function write(
  command: HostCommand,
  now: () => number,
  path: string,
  content: FileContent,
  { asRoot = false, mode, owner, backup = false }: WriteOptions,
): Promise<Written> {
  const must = async (argv: readonly string[], stdin?: FileContent) => {
    const seconds = stdin === undefined ? {} : { stdin, seconds: COPY_SECONDS };
    const { status, stderr } = await command(argv, { asRoot, ...seconds });
    if (status !== 0) throw failed(`cannot write ${path}`, stderr, status);
  };
  const before = await statusOf(command, path, asRoot);
  if (before !== null && (await isCopy(command, path, before, content, asRoot))) {
    if (mode !== undefined && mode !== before.mode) await must(['chmod', octal(mode), path]);
    return { changed: false, backup: null };
  }
  const temporary = temporaryName(path);
  const owned = owner ?? (asRoot && before !== null ? `${before.uid}:${before.gid}` : undefined);
  const bits = octal(mode ?? before?.mode ?? 0o600);
  try {
    await install(command, temporary, ['-m', bits, ...ownerWords(owned)], asRoot, path);
    await must(['tee', temporary], content);
    // OpenBSD's base has no command that syncs one file.
    await command(['sync'], { asRoot: false });
    const kept = backup && before !== null ? await keep(command, now(), path, asRoot) : null;
    await must(['mv', '-f', temporary, path]);
    return { changed: true, backup: kept };
  } catch (error) {
    await command(['rm', '-f', temporary], { asRoot }).catch(() => undefined);
    throw error;
  }
}

/** An empty file with its mode and owner, before anything is in it. */
async function install(
  command: HostCommand,
  temporary: string,
  words: readonly string[],
  asRoot: boolean,
  path: string,
): Promise<void> {
  const argv = ['install', ...words, '/dev/null', temporary];
  const first = await command(argv, { asRoot });
  if (first.status === 0) return;
  if (!isMissing(first.stderr)) throw failed(`cannot write ${path}`, first.stderr, first.status);
  for (const words of [['mkdir', '-p', posix.dirname(path)], argv]) {
    const { status, stderr } = await command(words, { asRoot });
    if (status !== 0) throw failed(`cannot write ${path}`, stderr, status);
  }
}

/** A second name for the file as it is; ln(1) refuses to take one that exists. */
async function keep(command: HostCommand, now: number, path: string, asRoot: boolean): Promise<string> {
  for (let second = 0; second < BACKUP_NAMES; second++) {
    const name = backupName(path, now + second * 1000);
    const { status, stderr } = await command(['ln', path, name], { asRoot });
    if (status === 0) return name;
    if (!/File exists/.test(stderr)) throw failed(`cannot keep ${path} as ${name}`, stderr, status);
  }
  throw new OperatorError(
    'HOST_COMMAND',
    `cannot keep ${path}: ${BACKUP_NAMES} backups of this minute exist`,
  );
}

async function statusOf(command: HostCommand, path: string, asRoot: boolean): Promise<FileStatus | null> {
  const { status, stdout, stderr } = await command(['ls', '-lnd', path], { asRoot });
  if (status !== 0 && isMissing(stderr)) return null;
  const found = status === 0 ? parseListLine(Buffer.from(stdout).toString('utf8')) : null;
  if (found === null) throw failed(`cannot write ${path}`, stderr, status);
  if (found.kind === 'file') return found;
  throw new OperatorError('HOST_COMMAND', `cannot write ${path}: it is no plain file but a ${found.kind}`);
}

async function isCopy(
  command: HostCommand,
  path: string,
  before: FileStatus,
  content: FileContent,
  asRoot: boolean,
): Promise<boolean> {
  if (typeof content === 'string' || (await sizeOf(content.copyOf)) !== before.size) return false;
  // Where it cannot be told, the file is copied.
  const there = await command(['sha256', '-q', path], { asRoot, seconds: COPY_SECONDS }).catch(() => null);
  if (there === null || there.status !== 0) return false;
  return Buffer.from(there.stdout).toString('utf8').trim() === (await sha256Of(content.copyOf));
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw new OperatorError('HOST_COMMAND', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** In hexadecimal, as sha256(1) -q prints it. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** `user:group` as the options of install(1). */
function ownerWords(owner: string | undefined): readonly string[] {
  if (owner === undefined) return [];
  const [user = '', group = ''] = owner.split(':');
  return [...(user === '' ? [] : ['-o', user]), ...(group === '' ? [] : ['-g', group])];
}

const octal = (mode: number): string => mode.toString(8).padStart(3, '0');

const isMissing = (stderr: string): boolean => /No such file or directory|Not a directory/.test(stderr);

function failed(what: string, stderr: string, status: number): OperatorError {
  const said = stderr.trim().split('\n').slice(-3).join('; ') || `status ${status}`;
  return new OperatorError('HOST_COMMAND', `${what}: ${said}`);
}
