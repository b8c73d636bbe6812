import { chmod, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OpenedFile, OpenFile } from '../files.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Files as the base system's tftpd(8) needs them: in one directory, readable by everybody. */
export interface TftpdFiles {
  /**
   * Copies a file of the sets directory where there is none yet, or another.
   * @returns its name for tftpd, or why there is none
   */
  file(path: string): Promise<string | { readonly missing: string }>;
  text(name: string, text: string): Promise<string>;
}

export function tftpdFiles(directory: string, openFile: OpenFile): TftpdFiles {
  const copying = new Map<string, Promise<string | { readonly missing: string }>>();

  const copy = async (path: string) => {
    const source = await openFile(path);
    if ('missing' in source) return source;
    const name = `/${path}`;
    try {
      if (!(await isSame(join(directory, path), source))) {
        await writeWhole(join(directory, path), piecesOf(source), source.modifiedAt);
      }
      return name;
    } finally {
      await source.close();
    }
  };
  return {
    file(path) {
      const before = copying.get(path);
      if (before !== undefined) return before;
      const done = copy(path).finally(() => copying.delete(path));
      copying.set(path, done);
      return done;
    },
    async text(name, text) {
      const path = join(directory, name);
      const before = await readFile(path, 'utf8').catch(() => null);
      if (before !== text) await writeWhole(path, [Buffer.from(text)]);
      return `/${name}`;
    },
  };
}

/** A copy has the time of its original, to the second. */
async function isSame(path: string, source: OpenedFile): Promise<boolean> {
  const copy = await stat(path).catch(() => null);
  return (
    copy?.size === source.size && Math.floor(copy.mtimeMs / 1000) === Math.floor(source.modifiedAt / 1000)
  );
}

async function* piecesOf(source: OpenedFile): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let offset = 0; offset < source.size; ) {
    const filled = await source.read(buffer.subarray(0, Math.min(CHUNK_BYTES, source.size - offset)), offset);
    if (filled === 0) throw new Error('the file became shorter while it was copied');
    yield buffer.subarray(0, filled);
    offset += filled;
  }
  if ((await source.isUnchanged?.()) === false) throw new Error('the file changed while it was copied');
}

/** Whole or not at all: a loader must not get half a kernel. */
async function writeWhole(
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  modifiedAt: number | null = null,
): Promise<void> {
  const draft = `${path}.new`;
  await makeDirectories(dirname(path));
  try {
    const handle = await open(draft, 'w', 0o644);
    try {
      for await (const piece of pieces) await handle.writeFile(piece);
      await handle.chmod(0o644);
    } finally {
      await handle.close();
    }
    if (modifiedAt !== null) await utimes(draft, modifiedAt / 1000, modifiedAt / 1000);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** tftpd runs as another user, so what the umask takes away is given back. */
async function makeDirectories(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755);
}
