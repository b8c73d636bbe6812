import type { OpenedFile, OpenFile } from '../files.ts';

export interface CacheLimits {
  /** Of all files together. */
  readonly bytes: number;
  /** Larger files are read piece by piece for each client. */
  readonly bytesPerFile: number;
}

/** TFTP carries at most 65,535 blocks of 512 bytes to a loader: every kernel that can be booted so fits. */
export const CACHE_LIMITS: CacheLimits = { bytes: 80 * 1024 * 1024, bytesPerFile: 32 * 1024 * 1024 };

interface Entry {
  readonly size: number;
  readonly modifiedAt: number;
  readonly loaded: Promise<Uint8Array | null>;
}

/**
 * One copy of a kernel for all machines that fetch it at once, three or four times each, and for all threads that send it.
 * Every opening looks at the file again: a copy of another size or time is dropped. Who holds an old copy gets that one to
 * its end.
 */
export function cachedFiles(openFile: OpenFile, limits: CacheLimits = CACHE_LIMITS): OpenFile {
  // In the order of use; the first is the first to go.
  const entries = new Map<string, Entry>();
  let held = 0;

  const drop = (path: string, entry: Entry) => {
    if (entries.get(path) !== entry) return;
    entries.delete(path);
    held -= entry.size;
  };
  const keep = (path: string, file: OpenedFile): Entry => {
    const entry: Entry = { size: file.size, modifiedAt: file.modifiedAt, loaded: load(file) };
    for (const [oldest, old] of entries) {
      if (held + file.size <= limits.bytes) break;
      drop(oldest, old);
    }
    entries.set(path, entry);
    held += file.size;
    return entry;
  };

  return async (path) => {
    const file = await openFile(path);
    if ('missing' in file) return file;
    const before = entries.get(path);
    if (before !== undefined) {
      entries.delete(path);
      entries.set(path, before);
      if (before.size !== file.size || before.modifiedAt !== file.modifiedAt) drop(path, before);
    }
    if (file.size > limits.bytesPerFile) return file;
    const entry = entries.get(path) ?? keep(path, file);
    const bytes = await entry.loaded;
    if (bytes !== null) {
      await file.close();
      return inMemory(bytes, file.modifiedAt);
    }
    drop(path, entry);
    return file;
  };
}

/** @returns null where the file is not what it was when it was opened, or cannot be read: then nothing is kept */
async function load(file: OpenedFile): Promise<Uint8Array | null> {
  try {
    const bytes = new Uint8Array(new SharedArrayBuffer(file.size));
    const isWhole = (await file.read(bytes, 0)) === file.size;
    return isWhole && (await file.isUnchanged?.()) !== false ? bytes : null;
  } catch {
    return null; // who reads piece by piece finds out, and says, what is wrong
  }
}

function inMemory(bytes: Uint8Array, modifiedAt: number): OpenedFile {
  return {
    size: bytes.length,
    modifiedAt,
    bytes,
    async read(into, offset) {
      const piece = bytes.subarray(offset, offset + into.length);
      into.set(piece);
      return piece.length;
    },
    close: async () => undefined,
  };
}
