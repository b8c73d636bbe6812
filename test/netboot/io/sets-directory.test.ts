import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, listingBelow } from '../../../netboot/io/sets-directory.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'puffboot-sets-'));
  await writeFile(join(root, 'base76.tgz'), 'base');
  await mkdir(join(root, 'comp76.tgz'));
  await promisify(execFile)('mkfifo', [join(root, 'man76.tgz')]);
  await symlink('base76.tgz', join(root, 'xbase76.tgz'));
  await symlink('nothing', join(root, 'xfont76.tgz'));
  await symlink('xserv76.tgz', join(root, 'xserv76.tgz'));
  await symlink('/etc/passwd', join(root, 'site76.tgz'));
});
afterAll(() => rm(root, { recursive: true }));

describe('of the sets directory', () => {
  it.each([
    ['a directory', 'comp76.tgz', 'is not a regular file'],
    ['a named pipe, whose other end nobody opens', 'man76.tgz', 'is not a regular file'],
    ['a link to nothing', 'xfont76.tgz', 'no such file'],
    ['a link to itself', 'xserv76.tgz', 'leads out of the directory that is served'],
    ['a link that leads out', 'site76.tgz', 'leads out of the directory that is served'],
    ['a file below a file', 'base76.tgz/x', 'no such file'],
    ['a name too long', 'x'.repeat(300), 'no such file'],
  ])('%s is not opened', async (_, name, missing) => {
    expect(await filesBelow(root)(name)).toEqual({ missing });
  });

  it.skipIf(process.platform !== 'linux')('nothing that is refused stays open', async () => {
    for (const name of ['comp76.tgz', 'man76.tgz']) await filesBelow(root)(name);
    const open = await readdir('/proc/self/fd');
    const targets = await Promise.all(open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
    expect(targets.filter((target) => target.startsWith(root))).toEqual([]);
  });

  it('files alone are listed, and links to them', async () => {
    await rm(join(root, 'site76.tgz'));
    expect(await listingBelow(join(root, '..'))(root.slice(tmpdir().length))).toEqual([
      { name: 'base76.tgz', size: 4, modifiedAt: expect.any(Number) },
      { name: 'xbase76.tgz', size: 4, modifiedAt: expect.any(Number) },
    ]);
  });
});
