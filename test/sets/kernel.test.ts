import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ramdiskKernel, rememberedSums } from '../../sets/io/kernel.ts';
import { makeKey, signWith, sumsOf } from './signed.ts';

/** A release whose key nobody has built in. */
const RELEASE = '9.7';
const key = makeKey();
const other = makeKey();
const files = { 'bsd.rd': 'a kernel', 'base97.tgz': 'a set' };
const signed = signWith(key, sumsOf(files));

describe('the ramdisk kernel of a release', () => {
  let root: string;
  let keys: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'puffboot-kernel-'));
    keys = join(root, 'signify');
    await mkdir(keys);
    await mkdir(join(root, 'pub/OpenBSD/9.7/amd64'), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true }));

  it.each([
    ['as it was signed', files['bsd.rd'], signed, key.file, { kind: 'signed' }],
    [
      'without a key',
      files['bsd.rd'],
      signed,
      null,
      { kind: 'unsigned', why: expect.stringContaining('key of 9.7') },
    ],
    [
      'that was changed',
      'another one',
      signed,
      key.file,
      { kind: 'refused', why: expect.stringContaining('not what was signed') },
    ],
    [
      'signed by somebody else',
      files['bsd.rd'],
      signWith(other, sumsOf(files)),
      key.file,
      { kind: 'refused', why: expect.stringContaining('another key') },
    ],
    [
      'that nobody signed',
      files['bsd.rd'],
      null,
      key.file,
      { kind: 'refused', why: expect.stringContaining('cannot be read') },
    ],
    [
      'that is not listed',
      files['bsd.rd'],
      signWith(key, sumsOf({ bsd: '' })),
      key.file,
      { kind: 'refused', why: expect.stringContaining('does not list') },
    ],
    [
      'with a signature that is none',
      files['bsd.rd'],
      'hello\n',
      key.file,
      { kind: 'refused', why: expect.stringContaining('no embedded') },
    ],
    [
      'with a key that is none',
      files['bsd.rd'],
      signed,
      'hello\n',
      { kind: 'refused', why: expect.stringContaining('no public key') },
    ],
    [
      'that is not there',
      null,
      signed,
      key.file,
      { kind: 'missing', why: expect.stringContaining('there is no') },
    ],
  ])('%s', async (_, kernel, signature, keyFile, expected) => {
    const directory = join(root, 'pub/OpenBSD/9.7/amd64');
    if (kernel !== null) await writeFile(join(directory, 'bsd.rd'), kernel);
    if (signature !== null) await writeFile(join(directory, 'SHA256.sig'), signature);
    if (keyFile !== null) await writeFile(join(keys, 'openbsd-97-base.pub'), keyFile);
    const found = await ramdiskKernel({ root, release: RELEASE, arch: 'amd64', keyDirectories: [keys] });
    expect(found).toMatchObject(expected);
  });

  it('is not verified in a rehearsal', async () => {
    await writeFile(join(root, 'pub/OpenBSD/9.7/amd64/bsd.rd'), 'x');
    expect(
      await ramdiskKernel({ root, release: RELEASE, arch: 'amd64', keyDirectories: null }),
    ).toMatchObject({ kind: 'unsigned' });
  });

  it('is read once, however many ask, and again after it changed', async () => {
    const file = join(root, 'pub/OpenBSD/9.7/amd64/bsd.rd');
    await writeFile(file, 'one');
    const sumOf = rememberedSums();
    const first = await Promise.all([sumOf(file), sumOf(file)]);
    expect(first[0]).toBe(first[1]);
    await writeFile(`${file}.new`, 'two');
    await rename(`${file}.new`, file);
    expect(await sumOf(file)).not.toBe(first[0]);
    await rm(file);
    await expect(sumOf(file)).rejects.toThrow('ENOENT');
  });
});
