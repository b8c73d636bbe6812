import { constants, readSync } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { errnoOf, messageOf } from '../../src/common/error.ts';
import { type ListFiles, type NamesBeside, NO_SUCH_FILE, type OpenedFile, type OpenFile } from '../files.ts';

/**
 * Who reads a file: a thread, so that nothing else waits for the disk, or the process itself, which takes two thirds of
 * the processor time: what a thread has read lies in the cache of another processor.
 */
export type Reader = 'thread' | 'process';

/** Files below `root`. A symlink may lead from one place in it to another, but not out of it. */
export function filesBelow(root: string, reader: Reader = 'thread'): OpenFile {
  return async (path) => {
    let handle: FileHandle | null = null;
    try {
      const [top, target] = await Promise.all([realpath(root), realpath(join(root, path))]);
      if (!target.startsWith(top.endsWith(sep) ? top : top + sep)) return { missing: LEADS_OUT };
      // Without O_NONBLOCK a named pipe there would hold the request, and a thread with it, for ever.
      handle = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const facts = await handle.stat();
      if (!facts.isFile()) {
        await handle.close();
        return { missing: NO_FILE };
      }
      return openedFile(handle, facts.size, facts.mtimeMs, reader);
    } catch (error) {
      await handle?.close();
      return { missing: reasonOf(error) };
    }
  };
}

function openedFile(handle: FileHandle, size: number, modifiedAt: number, reader: Reader): OpenedFile {
  const readSome =
    reader === 'process'
      ? (into: Uint8Array, filled: number, position: number) =>
          readSync(handle.fd, into, filled, into.length - filled, position)
      : async (into: Uint8Array, filled: number, position: number) =>
          (await handle.read(into, filled, into.length - filled, position)).bytesRead;
  return {
    size,
    modifiedAt,
    async read(into, offset) {
      let filled = 0;
      while (filled < into.length) {
        const bytesRead = await readSome(into, filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
    async isUnchanged() {
      const now = await handle.stat();
      return now.size === size && now.mtimeMs === modifiedAt;
    },
    close: () => handle.close(),
  };
}

export function listingBelow(root: string): ListFiles {
  return async (path) => {
    try {
      const [top, target] = await Promise.all([realpath(root), realpath(join(root, path))]);
      if (!target.startsWith(top + sep)) return { missing: LEADS_OUT };
      const names = (await readdir(target)).sort();
      const facts = await Promise.all(names.map((name) => stat(join(target, name)).catch(() => null)));
      return names.flatMap((name, index) => {
        const found = facts[index];
        return found?.isFile() ? [{ name, size: found.size, modifiedAt: found.mtimeMs }] : [];
      });
    } catch (error) {
      return { missing: reasonOf(error) };
    }
  };
}

/** More would keep everybody waiting while they are compared. */
const MOST_BESIDE = 1000;

export function namesBeside(root: string): NamesBeside {
  return async (path) => {
    try {
      const [top, target] = await Promise.all([realpath(root), realpath(join(root, dirname(path)))]);
      if (target !== top && !target.startsWith(top + sep)) return [];
      const found = await readdir(target, { withFileTypes: true });
      const files = found.filter((entry) => entry.isFile() || entry.isSymbolicLink());
      return files.slice(0, MOST_BESIDE).map(({ name }) => name);
    } catch {
      return [];
    }
  };
}

const LEADS_OUT = 'leads out of the directory that is served';

const NO_FILE = 'is not a regular file';

/** ENXIO of a socket on Linux and of a device without a driver, EOPNOTSUPP of a socket on OpenBSD. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: NO_SUCH_FILE,
  ENOTDIR: NO_SUCH_FILE,
  ENAMETOOLONG: NO_SUCH_FILE,
  ELOOP: LEADS_OUT,
  ENXIO: NO_FILE,
  EOPNOTSUPP: NO_FILE,
  EACCES: 'may not be read by the user that netboot runs as',
};

function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  // Clients are told of it, so it does not say where the file is.
  return (errno === null ? undefined : REASONS[errno]) ?? `cannot be read: ${errno ?? messageOf(error)}`;
}
