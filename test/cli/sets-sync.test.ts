import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lockRelease } from '../../src/cli/sets/lock-release.ts';
import { setsCommand } from '../../src/cli/sets.ts';
import { vmCommand } from '../../src/cli/vm.ts';
import { type Mirror, openMirror } from '../sets/mirror-server.ts';
import { indexOf, makeKey, signWith, sumsOf } from '../sets/signed.ts';
import { run } from './run.ts';

const FILES = { bsd: 'kernel', 'bsd.rd': 'ramdisk', 'base76.tgz': 'base set', 'comp76.tgz': 'compiler' };
const key = makeKey();

describe('puffboot sets sync and prune', () => {
  let directory: string;
  let sets: string;
  let mirror: Mirror;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-sets-'));
    sets = join(directory, 'sets/pub/OpenBSD');
    mirror = await openMirror();
    for (const release of ['7.6', '7.5']) {
      for (const [name, text] of Object.entries(FILES)) mirror.files[`${release}/amd64/${name}`] = text;
      mirror.files[`${release}/amd64/SHA256.sig`] = signWith(key, sumsOf(FILES));
      mirror.files[`${release}/amd64/index.txt`] = indexOf(FILES);
    }
    await writeFile(
      join(directory, 'puffboot.toml'),
      `stateDirectory = "${directory}/state"
       subnets = [{ cidr = "127.77.0.0/24", router = "127.77.0.1", bootAddress = "127.77.0.1" }]
       [netboot]
       setsDirectory = "${directory}/sets"
       [sets]
       mirror = "${mirror.url}"
       without = ["comp*"]
       [[hosts]]
       name = "vmm1"
       capacity = 2
       lladdrPrefix = "fe:e1:bb:d1:4c"
       ipv4Range = "127.77.0.10-127.77.0.19"\n`,
    );
    await writeFile(join(directory, 'key.pub'), key.file);
  });
  afterEach(async () => {
    await mirror.close();
    await rm(directory, { recursive: true });
  });

  const call = (command: 'sync' | 'prune' | 'list' | 'verify', ...args: readonly string[]) =>
    run(setsCommand(), command, '-f', join(directory, 'puffboot.toml'), ...args);
  const sync = (...args: readonly string[]) =>
    call('sync', '7.6', '--key', join(directory, 'key.pub'), ...args);

  it('mirrors from the configured mirror, and says so in a line for each file', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { stdout } = await sync();
    const lines = stderr.mock.calls.map(([text]) => String(text));
    stderr.mockRestore();
    expect(stdout).toBe(
      `${sets}/7.6/amd64: 3 files, 0.0 MB, 3 of them fetched; as signed by ${directory}/key.pub\n`,
    );
    expect(lines[0]).toBe(`SHA256.sig: as signed by ${directory}/key.pub, 3 files\n`);
    expect(lines.slice(1).sort()).toEqual([
      expect.stringMatching(/^ {2}1\/3 {2}\S+ +0\.0 MB {2}\d+\.\d MB\/s\n$/),
      expect.stringMatching(/^ {2}2\/3 {2}\S+ +0\.0 MB/),
      expect.stringMatching(/^ {2}3\/3 {2}\S+ +0\.0 MB/),
    ]);
    expect((await call('verify', '7.6', '--key', join(directory, 'key.pub'))).exitCode).toBeUndefined();
    expect((await call('list')).stdout).toMatch(/7\.6 {6}amd64 {2}3 of 11 .* yes\n/);
  });

  it('does not believe a mirror where the built-in key does not', async () => {
    await expect(call('sync', '7.6')).rejects.toMatchObject({
      code: expect.stringMatching(/^(MIRROR_FAILED|SIGNIFY_KEY)$/),
    });
    expect(existsSync(join(sets, '7.6/amd64'))).toBe(false);
  });

  it('leaves a release alone that another one is mirroring', async () => {
    const lock = await lockRelease(join(sets, '7.6/amd64'));
    await expect(sync()).rejects.toMatchObject({ code: 'SETS_BUSY' });
    lock.release();
    await sync('--json');
  });

  it.each([
    ['a release that is none', ['7.6.1']],
    ['a way out', ['../7.6']],
    ['an architecture that is none', ['7.6', '../amd64']],
    ['a mirror that is none', ['7.6', '--mirror', 'ftp://mirror']],
    ['a pattern that is none', ['7.6', '--without', 'a/b']],
    ['no workers', ['7.6', '--parallel', '0']],
  ])('refuses %s', async (_, args) => {
    await expect(call('sync', ...args)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('removes what no VM has, and what a run left behind', async () => {
    await sync('--json');
    await call('sync', '7.5', '--key', join(directory, 'key.pub'), '--json').catch(() => undefined);
    await mkdir(join(sets, '7.5/amd64'), { recursive: true });
    await mkdir(join(sets, '7.6/.amd64.draft'), { recursive: true });
    await writeFile(join(sets, '7.6/.amd64.draft/bsd'), 'half a kern');
    const planned = await call('prune', '--dry-run');
    expect(planned.stdout).toBe(
      `${sets}/7.5/amd64: 0.0 MB, no VM has it\n` +
        `${sets}/7.6/.amd64.draft: 0.0 MB, left by a mirroring that did not end\n`,
    );
    await expect(call('prune')).rejects.toMatchObject({ code: 'USAGE' });
    expect(existsSync(join(sets, '7.5/amd64'))).toBe(true);
    await call('prune', '--yes');
    expect(existsSync(join(sets, '7.5/amd64'))).toBe(false);
    expect(existsSync(join(sets, '7.6/.amd64.draft'))).toBe(false);
    expect(existsSync(join(sets, '7.6/amd64/bsd.rd'))).toBe(true);
    expect((await call('prune')).stdout).toBe('nothing to remove\n');
  });

  it('keeps the release of a VM', async () => {
    await mkdir(join(sets, '7.5/amd64'), { recursive: true });
    await run(vmCommand(), 'add', '-f', join(directory, 'puffboot.toml'), 'web1', '--release', '7.5');
    expect((await call('prune', '--dry-run')).stdout).toBe('nothing to remove\n');
  });
});
