import { constants, createReadStream, type Stats } from 'node:fs';
import { chmod, link, lstat, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, messageOf, OperatorError } from '../../common/error.ts';
import {
  type FileContent,
  HOST_TEXT_LIMIT,
  type HostAccess,
  type WriteOptions,
  type Written,
} from '../access.ts';
import { backupName, temporaryName } from '../backup-name.ts';
import { checkPath, textOf } from '../text-file.ts';
import { sha256Of } from './command-files.ts';
import { takeTurns } from './turns.ts';

/** How many seconds' names are tried for a backup, where many are made at once. */
const BACKUP_NAMES = 60;

/**
 * Files of this machine that the process itself may read and write.
 * @param now milliseconds since the epoch
 */
export function ownFiles(now: () => number): Pick<HostAccess, 'read' | 'write'> {
  const inTurn = takeTurns();
  return {
    async read(path) {
      checkPath(path);
      return read(path);
    },
    write(path, content, options = {}) {
      checkPath(path);
      return inTurn(path, () => write(now, path, content, options));
    },
  };
}

async function read(path: string): Promise<string | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(HOST_TEXT_LIMIT + 1);
      let length = 0;
      for (let more = 1; more > 0 && length < buffer.length; length += more) {
        more = (await file.read(buffer, length, buffer.length - length)).bytesRead;
      }
      return textOf(path, buffer.subarray(0, length), length > HOST_TEXT_LIMIT);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isMissing(cause)) return null;
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError('HOST_COMMAND', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function write(
  now: () => number,
  path: string,
  content: FileContent,
  { mode, backup = false }: WriteOptions,
): Promise<Written> {
  const temporary = temporaryName(path);
  try {
    const before = await statusOf(path);
    if (before !== null && (await isCopy(path, before.size, content))) {
      if (mode !== undefined) await chmod(path, mode);
      return { changed: false, backup: null };
    }
    await mkdir(dirname(path), { recursive: true });
    await rm(temporary, { force: true });
    await fill(temporary, content, mode ?? (before === null ? 0o600 : before.mode & 0o7777));
    const kept = backup && before !== null ? await keep(now(), path) : null;
    await rename(temporary, path);
    return { changed: true, backup: kept };
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError('HOST_COMMAND', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function fill(temporary: string, content: FileContent, mode: number): Promise<void> {
  const file = await open(temporary, 'wx', 0o600);
  try {
    await writeFile(file, typeof content === 'string' ? content : createReadStream(content.copyOf));
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A second name for the file as it is; link(2) refuses to take one that exists. */
async function keep(now: number, path: string): Promise<string> {
  for (let second = 0; second < BACKUP_NAMES; second++) {
    const name = backupName(path, now + second * 1000);
    try {
      await link(path, name);
      return name;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
  throw new OperatorError(
    'HOST_COMMAND',
    `cannot keep ${path}: ${BACKUP_NAMES} backups of this minute exist`,
  );
}

async function statusOf(path: string): Promise<Stats | null> {
  const found = await lstat(path).catch((error) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (found === null || found.isFile()) return found;
  const kind = found.isSymbolicLink() ? 'link' : found.isDirectory() ? 'directory' : 'other';
  throw new OperatorError('HOST_COMMAND', `cannot write ${path}: it is no plain file but a ${kind}`);
}

async function isCopy(path: string, size: number, content: FileContent): Promise<boolean> {
  if (typeof content === 'string' || (await stat(content.copyOf)).size !== size) return false;
  return (await sha256Of(path)) === (await sha256Of(content.copyOf));
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
