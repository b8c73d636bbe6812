import { expect, it } from 'vitest';
import type { OpenedFile } from '../../../netboot/files.ts';
import { cachedFiles } from '../../../netboot/io/file-cache.ts';
import { openSource } from '../../../netboot/io/tftp-source.ts';

const SIZE = 300_000;
const KERNEL = { kind: 'file', path: 'bsd' } as const;

/** A kernel that somebody writes to, or not, after `opened`. */
const kernel = (changed: boolean): OpenedFile => ({
  size: SIZE,
  modifiedAt: 1,
  read: async (into, offset) => into.fill(7).subarray(0, Math.min(into.length, SIZE - offset)).length,
  isUnchanged: async () => !changed,
  close: async () => undefined,
});

it.each([
  ['read piece by piece', { bytes: 0, bytesPerFile: 0 }],
  ['that would be kept in memory', { bytes: SIZE, bytesPerFile: SIZE }],
])('a kernel %s is sent whole, and without its end where it changed meanwhile', async (_, limits) => {
  for (const changed of [false, true]) {
    const source = await openSource(
      KERNEL,
      'octet',
      cachedFiles(async () => kernel(changed), limits),
    );
    if ('missing' in source) throw new Error(source.missing);
    expect((await source.read(0, 512)).length).toBe(512);
    const end = Promise.resolve().then(() => source.read(SIZE - 512, 512));
    if (changed) await expect(end).rejects.toThrow('it changed while it was sent');
    else expect((await end).length).toBe(512);
    await source.close();
  }
});

it('a text that is too long for mode netascii is none', async () => {
  const size = 1024 * 1024 + 1;
  const open = async (): Promise<OpenedFile> => ({ ...kernel(false), size, bytes: new Uint8Array(size) });
  expect(await openSource(KERNEL, 'netascii', open)).toEqual({
    missing: 'is too long for a text: ask in mode octet',
  });
});
