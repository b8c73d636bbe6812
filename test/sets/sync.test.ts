import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SyncEvent, syncRelease } from '../../sets/io/sync.ts';
import { renderTar } from '../../sets/ustar.ts';
import type { Clock } from '../../src/common/port.ts';
import { type Mirror, openMirror } from './mirror-server.ts';
import { indexOf, makeKey, signWith, sumsOf } from './signed.ts';

const key = makeKey();
const nextKey = makeKey();

/** A base set that carries the key of the release to come, as OpenBSD's do. */
function baseSet(name: string): Uint8Array {
  const text = (value: string) => new TextEncoder().encode(value);
  const file = (path: string, bytes: Uint8Array) => {
    return { path: text(path), mode: 0o644, content: { kind: 'file', bytes } } as const;
  };
  const entries = [
    file('bin/sh', new Uint8Array(700_000)),
    file(`etc/signify/${name}`, text(nextKey.file)),
    file('usr/bin/ftp', new Uint8Array(3000)),
  ];
  const tar = renderTar(entries, 0);
  if ('fault' in tar) throw new Error(tar.fault);
  return gzipSync(tar.bytes);
}

/** Waits are over at once: time is what a mirror costs, never what a test does. */
const HURRIED: Clock = {
  now: () => 0,
  timer(at, fire) {
    const handle = setTimeout(fire, at >= 30_000 ? 200 : 0);
    return () => clearTimeout(handle);
  },
};

const KERNEL = 'kernel '.repeat(2000);
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  bsd: KERNEL,
  'bsd.rd': 'ramdisk '.repeat(2000),
  'base80.tgz': baseSet('openbsd-81-base.pub'),
  'xbase80.tgz': 'windows',
  BUILDINFO: 'build date',
  'install80.iso': 'an image',
};
const MIRRORED = ['BUILDINFO', 'SHA256.sig', 'base80.tgz', 'bsd', 'bsd.rd', 'index.txt', 'xbase80.tgz'];

describe('mirroring a release', () => {
  let root: string;
  let mirror: Mirror;
  let events: SyncEvent[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'puffboot-sync-'));
    mirror = await openMirror();
    events = [];
    await writeFile(join(root, 'key.pub'), key.file);
    publishAt('8.0', FILES);
  });
  afterEach(async () => {
    await mirror.close();
    await rm(root, { recursive: true });
  });

  function publishAt(
    release: string,
    files: Readonly<Record<string, string | Uint8Array>>,
    signer = key,
  ): void {
    const bytes = Object.entries(files).map(
      ([name, content]) => [`${release}/amd64/${name}`, content] as const,
    );
    mirror.files = {
      ...mirror.files,
      ...Object.fromEntries(bytes),
      [`${release}/amd64/SHA256.sig`]: signWith(signer, sumsOf(files)),
      [`${release}/amd64/index.txt`]: indexOf(files),
    };
  }

  const directoryOf = (release: string) => join(root, 'sets/pub/OpenBSD', release, 'amd64');
  const there = async (release = '8.0') => (await readdir(directoryOf(release))).sort();

  const sync = (options: Partial<Parameters<typeof syncRelease>[0]> = {}, signal?: AbortSignal) =>
    syncRelease(
      {
        root: join(root, 'sets'),
        release: '8.0',
        arch: 'amd64',
        mirror: mirror.url,
        without: [],
        parallel: 3,
        keyring: { file: join(root, 'key.pub'), directories: [join(root, 'signify')] },
        learnInto: join(root, 'signify'),
        ...options,
      },
      { clock: HURRIED, signal: signal ?? new AbortController().signal },
      (event) => events.push(event),
    );

  it('brings everything but images of installers, byte for byte', async () => {
    const synced = await sync();
    expect(synced).toMatchObject({ version: '80', files: 5, fetched: 5, learnt: '8.1' });
    expect(await there()).toEqual(MIRRORED);
    for (const name of MIRRORED.filter((each) => each in FILES)) {
      expect(await readFile(join(directoryOf('8.0'), name))).toEqual(Buffer.from(FILES[name] ?? ''));
    }
    expect(events.filter(({ kind }) => kind === 'done')).toHaveLength(5);
  });

  it('publishes by a link, and leaves nothing else beside it', async () => {
    await sync();
    const parent = join(directoryOf('8.0'), '..');
    expect(await readdir(parent)).toEqual([await readlink(directoryOf('8.0')), 'amd64'].sort());
  });

  it('fetches nothing twice', async () => {
    await sync();
    const before = mirror.asked.length;
    expect(await sync()).toMatchObject({ files: 5, fetched: 0 });
    expect(mirror.asked.slice(before).sort()).toEqual(['8.0/amd64/SHA256.sig', '8.0/amd64/index.txt']);
    expect(await there()).toEqual(MIRRORED);
  });

  it.each(['cut', 'busy', 'no-range', 'chunked', 'stall', 'slow'] as const)(
    'gets over a mirror that is %s',
    async (fault) => {
      mirror.faults = { bsd: [fault, 'cut', fault], 'base80.tgz': [fault] };
      await sync();
      expect((await readFile(join(directoryOf('8.0'), 'bsd'))).toString()).toBe(KERNEL);
    },
  );

  it('goes on where a connection was cut', async () => {
    mirror.faults = { bsd: ['cut'] };
    await sync();
    expect(mirror.asked.filter((path) => path.startsWith('8.0/amd64/bsd '))).toEqual([
      `8.0/amd64/bsd bytes=${Math.ceil(KERNEL.length / 2)}-`,
    ]);
  });

  it('goes on where an earlier run was ended', async () => {
    mirror.faults = { bsd: 'stall' };
    const ended = new AbortController();
    const run = sync({ parallel: 1 }, ended.signal);
    while (!mirror.asked.includes('8.0/amd64/bsd')) await new Promise((resolve) => setTimeout(resolve, 5));
    while (!events.some((event) => event.kind === 'progress' && event.name === 'bsd')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    ended.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    await expect(there()).rejects.toThrow('ENOENT');
    mirror.faults = {};
    await sync();
    expect(mirror.asked.some((path) => /\/bsd bytes=\d+-$/.test(path))).toBe(true);
    expect((await readFile(join(directoryOf('8.0'), 'bsd'))).toString()).toBe(KERNEL);
  });

  it('begins a file anew whose beginning turns out to be another', async () => {
    const draft = join(directoryOf('8.0'), '../.amd64.draft');
    await mkdir(draft, { recursive: true });
    await writeFile(join(draft, 'bsd'), 'not the beginning of it');
    await sync();
    expect((await readFile(join(directoryOf('8.0'), 'bsd'))).toString()).toBe(KERNEL);
  });

  const refusals: readonly [string, () => void, string | RegExp][] = [
    ['bytes that were not signed', () => (mirror.faults = { bsd: 'tamper' }), /bsd is not what was signed/],
    ['a file that is not there', () => (mirror.faults = { 'bsd.rd': 'missing' }), /no such file/],
    ['no signature', () => (mirror.faults = { 'SHA256.sig': 'missing' }), /no such file/],
    [
      "somebody else's signature",
      () => publishAt('8.0', FILES, makeKey()),
      /was made with another key: .*key\.pub does not vouch/,
    ],
    [
      'sums with a wrong signature',
      () => {
        const signed = signWith(key, sumsOf(FILES));
        mirror.files['8.0/amd64/SHA256.sig'] = signed
          .replace('SHA256 (bsd) = ', 'SHA256 (bsd) = 0')
          .replace(/0\n/, '\n');
      },
      /signature that is wrong/,
    ],
    [
      'the sums of another release, signed',
      () => {
        mirror.files['8.0/amd64/SHA256.sig'] = signWith(
          key,
          sumsOf({ bsd: 'a', 'bsd.rd': 'b', 'base79.tgz': 'c' }),
        );
      },
      /that of another release: it lists base79\.tgz/,
    ],
    ['a mirror that is down', () => (mirror.faults = { 'SHA256.sig': 'busy' }), /answers 503/],
  ];
  it.each(refusals)('refuses %s, and keeps what was there', async (_, damage, reason) => {
    await sync();
    const before = await Promise.all(
      MIRRORED.map(async (name) => (await readFile(join(directoryOf('8.0'), name))).toString('latin1')),
    );
    // A new edition of everything, so that it has to be fetched.
    publishAt('8.0', { ...FILES, bsd: 'new kernel', 'bsd.rd': 'new ramdisk' });
    damage();
    await expect(sync()).rejects.toThrow(reason);
    const after = await Promise.all(
      MIRRORED.map(async (name) => (await readFile(join(directoryOf('8.0'), name))).toString('latin1')),
    );
    expect(after).toEqual(before);
  });

  it('replaces a release as a whole, and keeps what is no part of it', async () => {
    await mkdir(directoryOf('8.0'), { recursive: true });
    for (const [name, text] of [
      ['bsd', 'old'],
      ['site80.tgz', 'site'],
      ['site80-web1.tgz', 'site of web1'],
      ['web.disklabel', '/ 1G-* 100%'],
    ] as const)
      await writeFile(join(directoryOf('8.0'), name), text);
    await sync();
    expect(await there()).toEqual([...MIRRORED, 'site80-web1.tgz', 'site80.tgz', 'web.disklabel'].sort());
    const index = await readFile(join(directoryOf('8.0'), 'index.txt'), 'utf8');
    expect(index.match(/ site80.*\.tgz$/gm)).toEqual([' site80-web1.tgz', ' site80.tgz']);
    expect((await lstat(directoryOf('8.0'))).isSymbolicLink()).toBe(true);
    // And once more, from the published one.
    await sync();
    expect(await readFile(join(directoryOf('8.0'), 'index.txt'), 'utf8')).toBe(index);
    expect(await readFile(join(directoryOf('8.0'), 'web.disklabel'), 'utf8')).toBe('/ 1G-* 100%');
  });

  it('drops what a newer snapshot no longer has', async () => {
    await sync({ release: '8.0' });
    publishAt('8.0', { ...FILES, 'game80.tgz': 'games' });
    const { 'xbase80.tgz': _, ...fewer } = FILES;
    publishAt('8.0', fewer);
    await sync();
    expect(await there()).toEqual(MIRRORED.filter((name) => name !== 'xbase80.tgz'));
  });

  it('leaves out what is not wanted, but never what is needed', async () => {
    await sync({ without: ['x*', 'b*'] });
    expect(await there()).toEqual(['BUILDINFO', 'SHA256.sig', 'base80.tgz', 'bsd', 'bsd.rd', 'index.txt']);
  });

  it("takes the next release's key from the verified base set", async () => {
    await sync();
    publishAt('8.1', { bsd: 'k', 'bsd.rd': 'r', 'base81.tgz': baseSet('openbsd-82-base.pub') }, nextKey);
    const keyring = { file: null, directories: [join(root, 'signify')] };
    expect(await sync({ release: '8.1', keyring })).toMatchObject({
      key: join(root, 'signify/openbsd-81-base.pub'),
      learnt: '8.2',
    });
  });

  it('stops where two keys claim the same release', async () => {
    await mkdir(join(root, 'signify'));
    await writeFile(join(root, 'signify/openbsd-81-base.pub'), makeKey().file);
    await expect(sync()).rejects.toMatchObject({
      code: 'SIGNIFY_KEY',
      message: expect.stringMatching(/8\.1/),
    });
    await expect(there()).rejects.toThrow('ENOENT');
  });

  it('finds the key of a snapshot by the number in its signature', async () => {
    await mkdir(join(root, 'signify'));
    await writeFile(join(root, 'signify/openbsd-81-base.pub'), nextKey.file);
    publishAt('snapshots', { bsd: 'k', 'bsd.rd': 'r', 'base81.tgz': 'b' }, nextKey);
    const keyring = { file: null, directories: [join(root, 'signify')] };
    expect(await sync({ release: 'snapshots', keyring })).toMatchObject({ version: '81', learnt: null });
    publishAt('snapshots', { bsd: 'k', 'bsd.rd': 'r', 'base81.tgz': 'b' }, makeKey());
    await expect(sync({ release: 'snapshots', keyring })).rejects.toMatchObject({ code: 'SIGNIFY_KEY' });
  });

  it('has no key of its own making', async () => {
    const keyring = { file: null, directories: [] };
    // Signed with the test's key, while 8.0 has one that is built in.
    await expect(sync({ keyring })).rejects.toThrow(/made with another key: the built-in key does not vouch/);
  });
});
