import { mkdir, mkdtemp, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setsCommand } from '../../src/cli/sets.ts';
import { siteCommand } from '../../src/cli/site.ts';
import { indexOf, makeKey, signWith, sumsOf } from '../sets/signed.ts';
import { run } from './run.ts';

const FILES = { bsd: 'kernel', 'bsd.rd': 'ramdisk', 'base76.tgz': 'base set', 'comp76.tgz': 'compiler' };
const key = makeKey();

describe('puffboot sets', () => {
  let directory: string;
  let sets: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-sets-'));
    sets = join(directory, 'sets/pub/OpenBSD/7.6/amd64');
    await mkdir(sets, { recursive: true });
    await writeFile(
      join(directory, 'puffboot.toml'),
      `stateDirectory = "${directory}/state"
       subnets = [{ cidr = "127.77.0.0/24", router = "127.77.0.1", bootAddress = "127.77.0.1" }]
       [netboot]
       setsDirectory = "${directory}/sets"
       [[hosts]]
       name = "vmm1"
       capacity = 2
       lladdrPrefix = "fe:e1:bb:d1:4c"
       ipv4Range = "127.77.0.10-127.77.0.19"\n`,
    );
    for (const [name, text] of Object.entries(FILES)) await put(name, text);
    await put('SHA256.sig', signWith(key, sumsOf({ ...FILES, 'install76.iso': 'not mirrored' })));
    await put('index.txt', indexOf({ ...FILES, 'SHA256.sig': 'x' }));
    await writeFile(join(directory, 'key.pub'), key.file);
  });
  afterEach(() => rm(directory, { recursive: true }));

  const put = (name: string, text: string) => writeFile(join(sets, name), text);
  const call = (subcommand: string, ...args: readonly string[]) =>
    run(setsCommand(), subcommand, '-f', join(directory, 'puffboot.toml'), ...args);
  const verify = (...args: readonly string[]) =>
    call('verify', '7.6', '--key', join(directory, 'key.pub'), ...args);

  it('verifies a whole release', async () => {
    expect(await verify()).toEqual({
      exitCode: undefined,
      stdout: `${sets}: bsd bsd.rd base76.tgz comp76.tgz: as signed by ${directory}/key.pub, 0.0 MB\n`,
    });
  });

  const damages: readonly [string, () => Promise<unknown>, string, string][] = [
    ['a kernel that is not there', () => unlink(join(sets, 'bsd.rd')), 'bsd.rd', 'missing'],
    ['a set cut short', () => truncate(join(sets, 'base76.tgz'), 4), 'base76.tgz', 'truncated'],
    ['an empty set', () => truncate(join(sets, 'comp76.tgz'), 0), 'comp76.tgz', 'truncated'],
    ['a set with other bytes', () => put('comp76.tgz', 'COMPILER'), 'comp76.tgz', 'wrong-sum'],
    ['a set that is longer', () => put('comp76.tgz', 'compiler!'), 'comp76.tgz', 'wrong-sum'],
    ['no SHA256.sig', () => unlink(join(sets, 'SHA256.sig')), 'SHA256.sig', 'missing'],
    ['words as SHA256.sig', () => put('SHA256.sig', 'hello'), 'SHA256.sig', 'malformed'],
    ['sums that are none', () => put('SHA256.sig', signWith(key, 'hello\n')), 'SHA256.sig', 'malformed'],
    [
      "somebody else's signature",
      () => put('SHA256.sig', signWith(makeKey(), sumsOf(FILES))),
      'SHA256.sig',
      'bad-signature',
    ],
    [
      'a signature without the kernel',
      () => put('SHA256.sig', signWith(key, sumsOf({ 'bsd.rd': 'ramdisk', 'base76.tgz': 'base set' }))),
      'bsd',
      'not-listed',
    ],
    ['no index.txt', () => unlink(join(sets, 'index.txt')), 'index.txt', 'missing'],
    ['a site set that is not in index.txt', () => put('site76.tgz', 'site'), 'site76.tgz', 'not-indexed'],
    [
      'a directory for a set',
      async () => [await unlink(join(sets, 'bsd')), await mkdir(join(sets, 'bsd'))],
      'bsd',
      'unreadable',
    ],
    [
      'a link to nowhere',
      async () => [await unlink(join(sets, 'bsd')), await symlink('gone', join(sets, 'bsd'))],
      'bsd',
      'unreadable',
    ],
  ];
  it.each(damages)('finds %s', async (_, damage, file, kind) => {
    await damage();
    const { stdout, exitCode } = await verify('--json');
    expect(exitCode).toBe(1);
    const { findings, whole } = JSON.parse(stdout);
    expect(findings).toEqual([{ file, kind, text: expect.any(String) }]);
    expect(whole).not.toContain(file);
    if (file === 'SHA256.sig') expect(whole).toEqual([]);
  });

  it('takes the line for index.txt that `site build` prints', async () => {
    const file = join(sets, 'site76.tgz');
    const { stdout } = await run(siteCommand(), 'build', sets, '--release', '7.6', '--bare', '-o', file);
    await writeFile(join(sets, 'index.txt'), `${stdout.split('\n')[2]}\n`, { flag: 'a' });
    expect((await verify()).exitCode).toBeUndefined();
  });

  it('tells each finding in a line', async () => {
    await truncate(join(sets, 'base76.tgz'), 4);
    await put('comp76.tgz', 'COMPILER');
    expect((await verify()).stdout).toBe(
      'base76.tgz is cut short: 4 of 8 bytes\n' +
        'comp76.tgz is not what was signed: SHA256 8fe72fb6963472bb... instead of e996bb0ea465fae7...\n' +
        `${sets}: bsd bsd.rd: as signed by ${directory}/key.pub, 0.0 MB\n`,
    );
  });

  it.each([
    ['no such release', ['7.5', '--key', 'KEY'], 'SETS_MISSING'],
    ['no such architecture', ['7.6', 'arm64', '--key', 'KEY'], 'SETS_MISSING'],
    ['a key that is not there', ['7.6', '--key', '/nonexistent'], 'SIGNIFY_KEY'],
    ['a key that is none', ['7.6', '--key', 'CONFIG'], 'SIGNIFY_KEY'],
    ['a way out', ['../../etc'], 'USAGE'],
    ['a way out by the architecture', ['7.6', '../..'], 'USAGE'],
  ])('refuses %s', async (_, args, code) => {
    const named = args.map((arg) => arg.replace('KEY', join(directory, 'key.pub')));
    const files = named.map((arg) => arg.replace('CONFIG', join(directory, 'puffboot.toml')));
    await expect(call('verify', ...files)).rejects.toEqual(expect.objectContaining({ code }));
  });

  it('lists what is there', async () => {
    await mkdir(join(directory, 'sets/pub/OpenBSD/6.9/amd64'), { recursive: true });
    expect((await call('list')).stdout).toMatch(
      /^RELEASE {2}ARCH {3}SETS {5}SIZE {4}SIGNED\n6\.9 {6}amd64 {2}0 of 11 {2}0\.0 MB {2}no\n7\.6 {6}amd64 {2}4 of 11 {2}0\.0 MB {2}yes\n$/,
    );
    const [, row] = JSON.parse((await call('list', '--json')).stdout);
    expect(row).toMatchObject({ release: '7.6', arch: 'amd64', sets: 4, ofSets: 11, signed: true });
    await rm(join(directory, 'sets'), { recursive: true });
    expect((await call('list')).stdout).toBe(`no releases below ${directory}/sets\n`);
  });
});
