import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { siteCommand } from '../../src/cli/site.ts';
import { run } from './run.ts';

const LONG = `${'d'.repeat(90)}/${'e'.repeat(60)}/${'f'.repeat(95)}`;

/** Its listing and options are those of GNU tar. */
const NO_GNU_TAR = process.platform !== 'linux';

describe('puffboot site build', () => {
  let directory: string;
  let site: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-site-'));
    site = join(directory, 'site');
    await put('install.site', '#!/bin/sh\nrcctl disable sndiod\n', 0o775);
    await put('etc/installurl', 'http://192.0.2.2/pub/OpenBSD\n', 0o664);
    await put('root/.ssh/authorized_keys', 'ssh-ed25519 AAAA\n', 0o600);
    await put('etc/empty', '', 0o640);
    await put(LONG, 'x'.repeat(1025), 0o644);
    await mkdir(join(site, 'var/spool/new'), { recursive: true });
    await chmod(join(site, 'var/spool/new'), 0o750);
    await symlink('/usr/share/zoneinfo/UTC', join(site, 'etc/localtime'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function put(path: string, text: string, mode: number): Promise<void> {
    await mkdir(dirname(join(site, path)), { recursive: true });
    await writeFile(join(site, path), text);
    await chmod(join(site, path), mode);
  }
  const build = async (from: string, name: string, ...args: readonly string[]) => {
    const file = join(directory, name);
    await run(siteCommand(), 'build', from, '--release', '7.6', '--bare', '-o', file, ...args);
    return readFile(file);
  };

  it.skipIf(NO_GNU_TAR)('has everything, owned by root, and no directory that is not empty', async () => {
    await build(site, 'a.tgz');
    const listed = execFileSync('tar', ['-tvzf', join(directory, 'a.tgz')], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    expect(
      listed
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/\s+/g, ' ')),
    ).toEqual([
      `-rw-r--r-- root/wheel 1025 2000-01-01 00:00 ${LONG}`,
      '-rw-r----- root/wheel 0 2000-01-01 00:00 etc/empty',
      '-rw-r--r-- root/wheel 29 2000-01-01 00:00 etc/installurl',
      'lrwxrwxrwx root/wheel 0 2000-01-01 00:00 etc/localtime -> /usr/share/zoneinfo/UTC',
      '-rwxr-xr-x root/wheel 31 2000-01-01 00:00 install.site',
      '-rw------- root/wheel 17 2000-01-01 00:00 root/.ssh/authorized_keys',
      'drwxr-x--- root/wheel 0 2000-01-01 00:00 var/spool/new/',
    ]);
  });

  it.skipIf(NO_GNU_TAR)('is unpacked as it was', async () => {
    await build(site, 'a.tgz');
    const out = join(directory, 'out');
    await mkdir(out);
    execFileSync('tar', ['-xzpf', join(directory, 'a.tgz'), '--no-same-owner', '-C', out]);
    const tree = async (root: string) =>
      Promise.all(
        (await readdir(root, { recursive: true })).sort().map(async (path) => {
          const facts = await lstat(join(root, path));
          return [path, facts.isFile() ? await readFile(join(root, path), 'utf8') : facts.isSymbolicLink()];
        }),
      );
    expect(await tree(out)).toEqual(await tree(site));
  });

  it('has the same bytes from a copy of another time and umask, and other bytes after a change', async () => {
    const copy = join(directory, 'copy');
    await cp(site, copy, { recursive: true, verbatimSymlinks: true });
    await chmod(join(copy, 'etc/installurl'), 0o644);
    await chmod(join(copy, 'root'), 0o700);
    await utimes(join(copy, 'etc/installurl'), 1, 1);
    const [first, second, third] = [await build(site, 'a'), await build(site, 'b'), await build(copy, 'c')];
    expect(second.equals(first)).toBe(true);
    expect(third.equals(first)).toBe(true);
    await writeFile(join(copy, 'etc/installurl'), 'http://192.0.2.3/pub/OpenBSD\n');
    expect((await build(copy, 'd')).equals(first)).toBe(false);
    // The archive inside does not depend on which zlib compressed it.
    const digest = createHash('sha256').update(gunzipSync(first)).digest('hex');
    expect(digest).toMatchInlineSnapshot(
      `"d8a4beb2346cf27630b634f37a78c1ae0906d2663596c9f88f021940563ed816"`,
    );
  });

  it('says where it belongs, under its name for one host', async () => {
    const file = join(directory, 'x.tgz');
    const args = ['build', site, '--release', '7.6', '--bare', '--host', 'web1', '-o', file];
    const { stdout } = await run(siteCommand(), ...args);
    expect(stdout).toMatch(
      /x\.tgz: 7 entries, (\d+) bytes\n.*\n-rw-r--r-- {2}1 0 {2}0 {2}\1 .* site76-web1\.tgz\n$/,
    );
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['an install.site that cannot run', () => chmod(join(site, 'install.site'), 0o644), 'not executable'],
    ['an upgrade.site that cannot run', () => put('upgrade.site', 'x', 0o600), 'not executable'],
    ['a name without a place to cut', () => put('g'.repeat(101), 'x', 0o644), 'too long'],
    ['a link to far away', () => symlink('h'.repeat(101), join(site, 'far')), 'points to'],
    ['a named pipe', async () => execFileSync('mkfifo', [join(site, 'pipe')]), 'neither'],
    [
      'an empty directory',
      async () => [await rm(site, { recursive: true }), await mkdir(site)],
      'nothing in',
    ],
    ['no directory', () => rm(site, { recursive: true }), 'cannot be read'],
  ])('refuses %s, and writes nothing', async (_, damage, message) => {
    await damage();
    const refusal = { code: 'SITE_REFUSED', message: expect.stringContaining(message) };
    await expect(build(site, 'a.tgz')).rejects.toEqual(expect.objectContaining(refusal));
    expect(await readdir(directory)).not.toContain('a.tgz');
  });

  it.each([
    ['a release that is none', ['--release', '76'], 'USAGE'],
    ['no release', [], 'USAGE'],
    ['a host with a domain', ['--release', '7.6', '--host', 'web1.example.net'], 'USAGE'],
    [
      'a place that is not there',
      ['--release', '7.6', '--bare', '-o', '/nonexistent/site76.tgz'],
      'SITE_REFUSED',
    ],
  ])('refuses %s', async (_, args, code) => {
    await expect(run(siteCommand(), 'build', site, ...args)).rejects.toEqual(
      expect.objectContaining({ code }),
    );
  });
});
