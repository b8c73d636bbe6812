import { describe, expect, it } from 'vitest';
import type { OpenedFile, OpenFile } from '../../../netboot/files.ts';
import { cachedFiles } from '../../../netboot/io/file-cache.ts';

const LIMITS = { bytes: 100, bytesPerFile: 60 };

/** A disk that counts what is read from it and what stays open. */
function disk(files: Map<string, { bytes: Uint8Array; modifiedAt: number }>) {
  const counted = { reads: 0, open: 0 };
  const openFile: OpenFile = async (path) => {
    const file = files.get(path);
    if (file === undefined) return { missing: 'no such file' };
    counted.open += 1;
    return {
      size: file.bytes.length,
      modifiedAt: file.modifiedAt,
      async read(into, offset) {
        counted.reads += 1;
        const now = files.get(path)?.bytes ?? new Uint8Array(0);
        const piece = now.subarray(offset, offset + into.length);
        into.set(piece);
        return piece.length;
      },
      close: async () => {
        counted.open -= 1;
      },
    };
  };
  return { counted, openFile };
}

const file = (length: number, fill: number, modifiedAt = 1) => ({
  bytes: new Uint8Array(length).fill(fill),
  modifiedAt,
});

async function opened(open: OpenFile, path: string): Promise<OpenedFile> {
  const found = await open(path);
  if ('missing' in found) throw new Error(found.missing);
  return found;
}

describe('the file cache', () => {
  it('reads a file once for all who open it at once and later', async () => {
    const { counted, openFile } = disk(new Map([['bsd', file(50, 7)]]));
    const open = cachedFiles(openFile, LIMITS);
    const all = await Promise.all(Array.from({ length: 20 }, () => opened(open, 'bsd')));
    const later = await opened(open, 'bsd');
    expect(new Set([...all, later].map(({ bytes }) => bytes)).size).toBe(1);
    expect(later.bytes).toEqual(new Uint8Array(50).fill(7));
    expect(counted).toEqual({ reads: 1, open: 0 });
    const into = new Uint8Array(8);
    expect(await later.read(into, 45)).toBe(5);
  });

  it.each([
    ['time', file(50, 8, 2)],
    ['length', file(51, 8, 1)],
  ])('reads a file again that has another %s; who has the old one keeps it', async (_, changed) => {
    const files = new Map([['bsd', file(50, 7)]]);
    const open = cachedFiles(disk(files).openFile, LIMITS);
    const before = await opened(open, 'bsd');
    files.set('bsd', changed);
    expect((await opened(open, 'bsd')).bytes).toEqual(changed.bytes);
    expect(before.bytes).toEqual(new Uint8Array(50).fill(7));
  });

  it('lets go what was not used for longest', async () => {
    const { counted, openFile } = disk(new Map(['a', 'b', 'c'].map((name) => [name, file(40, 1)])));
    const open = cachedFiles(openFile, LIMITS);
    for (const name of ['a', 'b', 'a', 'c', 'a']) await opened(open, name);
    expect(counted.reads).toBe(3);
    await opened(open, 'b');
    expect(counted.reads).toBe(4);
  });

  it('does not hold a file that is too large', async () => {
    const { counted, openFile } = disk(new Map([['base', file(61, 1)]]));
    const found = await opened(cachedFiles(openFile, LIMITS), 'base');
    expect(found.bytes).toBeUndefined();
    expect(counted).toEqual({ reads: 0, open: 1 });
    await found.close();
  });

  it('does not hold a file that becomes shorter while it is read', async () => {
    const files = new Map([['bsd', file(50, 7)]]);
    const { openFile } = disk(files);
    const open = cachedFiles(async (path) => {
      const found = await openFile(path);
      files.set('bsd', file(10, 7));
      return found;
    }, LIMITS);
    expect((await opened(open, 'bsd')).bytes).toBeUndefined();
    expect((await opened(open, 'bsd')).bytes?.length).toBe(10);
  });

  it('passes on what is missing', async () => {
    expect(await cachedFiles(disk(new Map()).openFile, LIMITS)('bsd')).toEqual({ missing: 'no such file' });
  });
});
