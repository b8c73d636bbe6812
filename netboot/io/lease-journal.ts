import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, messageOf, OperatorError } from '../../src/common/error.ts';
import type { Log } from '../../src/common/port.ts';
import type { Lease, LeaseBook } from '../dhcp/lease-book.ts';
import { parseLease, renderLease } from '../dhcp/lease-line.ts';

/** The leases of the pools on disk, one line for each that was given, extended or ended; the last one counts. */
export interface LeaseJournal {
  /**
   * Resolves once the lease is on disk. All that wait at a time share one write and one sync.
   * @throws Error where it could not be written: then the client must not be told
   */
  append(lease: Lease): Promise<void>;
  close(): Promise<void>;
}

export const LEASES_FILE = 'leases';

/** More do not wait for a disk: clients ask again. */
const MOST_WAITING = 4096;
/** The journal is written anew when so many of its lines are of no use any more. */
const MOST_STALE = 2000;
/** The largest that is read; compaction keeps it far below. */
const MOST_BYTES = 256 * 1024 * 1024;

interface Waiting {
  readonly line: string;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Opens the journal in its own directory and notes in `book` what it holds. A last line that a crash cut off is
 * taken away; nobody was told of that lease.
 * @throws OperatorError LEASES_UNWRITABLE
 */
export async function openLeaseJournal(directory: string, book: LeaseBook, log: Log): Promise<LeaseJournal> {
  const path = join(directory, LEASES_FILE);
  let file: FileHandle;
  let end: number;
  let lines: number;
  try {
    file = await openOrMake(path);
    [end, lines] = await load(file, book, log);
    await file.truncate(end);
  } catch (cause) {
    throw new OperatorError('LEASES_UNWRITABLE', `${path}: ${messageOf(cause)}`, { cause });
  }
  let waiting: Waiting[] = [];
  let running: Promise<void> | null = null;

  const write = async (batch: readonly Waiting[]) => {
    const bytes = Buffer.from(batch.map(({ line }) => line).join(''));
    try {
      await writeAll(file, bytes, end);
      await file.datasync();
    } catch (error) {
      // What was half written must not stand before the next line. If that fails too, it is written over.
      await file.truncate(end).catch(() => undefined);
      for (const { reject } of batch) reject(error);
      return;
    }
    end += bytes.length;
    lines += batch.length;
    for (const { resolve } of batch) resolve();
  };
  const compact = async () => {
    try {
      const fresh = await writeAnew(directory, path, book);
      const before = file;
      [file, end, lines] = [fresh.file, fresh.end, fresh.lines];
      await before.close();
    } catch (error) {
      log.warn('dhcp.journal.compact', { file: path, error: messageOf(error) });
      lines = book.size; // and not at once again
    }
  };
  const run = async () => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await write(batch);
      if (lines > book.size + MOST_STALE) await compact();
    }
    running = null;
  };

  return {
    append: (lease) =>
      new Promise((resolve, reject) => {
        if (waiting.length >= MOST_WAITING) return reject(new Error('the disk is too slow'));
        waiting.push({ line: renderLease(lease), resolve, reject });
        running ??= run();
      }),
    async close() {
      await running;
      await file.close();
    },
  };
}

/** What the journal in `directory` says, for people; the newest line of each address. */
export async function readLeases(directory: string): Promise<readonly Lease[]> {
  const file = await open(join(directory, LEASES_FILE), 'r');
  try {
    const newest = new Map<string, Lease>();
    const note = (lease: Lease) => newest.set(lease.address, lease);
    forEachLine((await file.readFile()).toString('latin1'), (line) => {
      const lease = parseLease(line);
      if (lease !== null) note(lease);
    });
    return [...newest.values()];
  } finally {
    await file.close();
  }
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    const made = await open(path, 'wx+', 0o640);
    await syncDirectory(dirname(path)).catch(() => undefined); // as below: some systems cannot
    return made;
  }
}

/** @returns where the last whole line ends, and how many there are */
async function load(file: FileHandle, book: LeaseBook, log: Log): Promise<[end: number, lines: number]> {
  const { size } = await file.stat();
  if (size > MOST_BYTES) throw new Error(`${size} bytes are too many for a journal of leases`);
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, 0);
  const end = bytes.lastIndexOf(10) + 1;
  let [lines, broken] = [0, 0];
  forEachLine(bytes.subarray(0, end).toString('latin1'), (line) => {
    const lease = parseLease(line);
    lines += 1;
    if (lease === null) broken += 1;
    else book.apply(lease);
  });
  if (broken > 0 || end < size) log.warn('dhcp.journal.broken', { lines: broken, bytesCut: size - end });
  return [end, lines];
}

function forEachLine(text: string, use: (line: string) => void): void {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    if (newline === -1) return;
    use(text.slice(start, newline));
    start = newline + 1;
  }
}

async function writeAnew(directory: string, path: string, book: LeaseBook) {
  const draft = `${path}.new`;
  const file = await open(draft, 'w+', 0o640);
  try {
    const kept = [...book.leases()].filter(({ state }) => state !== 'offered');
    const bytes = Buffer.from(kept.map(renderLease).join(''));
    await writeAll(file, bytes, 0);
    await file.datasync();
    await rename(draft, path);
    // From here on this is the journal. Some systems cannot sync a directory, and need not.
    await syncDirectory(directory).catch(() => undefined);
    return { file, end: bytes.length, lines: kept.length };
  } catch (error) {
    await file.close();
    // On a disk that is nearly full it would take the room of the leases that are still to come.
    await rm(draft, { force: true });
    throw error;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}
