import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Log, SILENT_LOG } from '../../src/common/port.ts';
import { openRecordings } from '../../src/install/io/recordings.ts';
import { gatherRecordings, surplusOf } from '../../src/install/recordings.ts';
import { sampleInstall } from '../contract/store.ts';
import { FakeClock } from '../fakes/clock.ts';
import { requireProgram, skipFor } from '../support/require.ts';

const ID = '0123456789abcdef';

describe('recordings', () => {
  const stored = (name: string, bytes = 1, writtenAt = 0) => ({ name, bytes, writtenAt });

  it('are everything of one install or of one console that was opened', () => {
    const files = [
      stored(`web-1-${ID}.cast`, 1, 5),
      stored(`web-1-${ID}.2.cast`, 2, 9),
      stored(`web-1-${ID}.evidence.txt`, 4, 7),
      stored(`web-1-${ID}.2.evidence.txt.new`, 8, 8),
      stored('web-1-console-20241001T101500.cast', 16, 1),
    ];
    expect(gatherRecordings(files)).toEqual([
      { name: `web-1-${ID}`, files: files.slice(0, 4).map(({ name }) => name), bytes: 15, writtenAt: 9 },
      { name: 'web-1-console-20241001T101500', files: [files[4]?.name], bytes: 16, writtenAt: 1 },
    ]);
  });

  it.each([
    'notes.txt',
    'kept.cast',
    `web1-${ID}.cast.gz`,
    `web1-${ID}`,
    `-${ID}.cast`,
    `web1-${ID.toUpperCase()}.cast`,
    'web1-console-now.cast',
  ])('do not include %s', (name) => {
    expect(gatherRecordings([stored(name)])).toEqual([]);
  });

  const three = ['c', 'a', 'b'].map((vm) => stored(`${vm}-${ID}.cast`, 10, vm.charCodeAt(0)));
  it.each<[string, number, readonly string[], readonly string[], number]>([
    ['all of them where there is room', 30, [], [], 30],
    ['none but the oldest', 29, [], ['a'], 20],
    ['as many as it takes', 10, [], ['a', 'b'], 10],
    ['of the others where the oldest stays', 20, ['a'], ['b'], 20],
    ['nothing where all have to stay', 5, ['a', 'b', 'c'], [], 30],
  ])('lose %s', (_, limit, kept, removed, bytes) => {
    const names = new Set(kept.map((vm) => `${vm}-${ID}`));
    const surplus = surplusOf(gatherRecordings(three), limit, names);
    expect(surplus.removed.map(({ name }) => name)).toEqual(removed.map((vm) => `${vm}-${ID}`));
    expect(surplus.bytes).toBe(bytes);
  });
});

describe('recordings on the disk', () => {
  let stateDirectory = '';
  let told: [event: string, recording: unknown][] = [];
  const log: Log = {
    ...SILENT_LOG,
    info: (event, fields) => told.push([event, fields?.recording]),
    warn: (event, fields) => told.push([event, fields?.error]),
  };
  beforeEach(() => {
    stateDirectory = mkdtempSync(join(tmpdir(), 'puffboot-recordings-'));
    told = [];
  });
  afterEach(() => rmSync(stateDirectory, { recursive: true }));

  const clock = new FakeClock(1_700_000_000_000);
  const about = { clock, cols: 80, rows: 24, title: 'a console', log };
  const open = (total: number, latest: readonly string[] = [], failed: readonly string[] = []) =>
    openRecordings({
      config: { stateDirectory, recordings: { total } },
      store: {
        latestInstalls: async () => latest.map((recording) => sampleInstall('a', { recording })),
        latestFailures: async () => failed.map((recording) => sampleInstall('b', { recording })),
      },
      log,
    });
  const left = () => readdirSync(join(stateDirectory, 'recordings')).sort();
  /** The first is the oldest. */
  const write = (names: readonly string[]) => {
    mkdirSync(join(stateDirectory, 'recordings'), { recursive: true });
    names.forEach((name, index) => {
      const path = join(stateDirectory, 'recordings', name);
      writeFileSync(path, '0123456789'.repeat(100));
      utimesSync(path, index, index);
    });
  };

  it('go when they are too old, with their evidence, and are told; others stay', async () => {
    write([`a-${ID}.cast`, 'notes.txt', `b-${ID}.cast`, `a-${ID}.evidence.txt`, `c-${ID}.cast`]);
    await open(0, [`c-${ID}`]).prune();
    expect(left()).toEqual([`c-${ID}.cast`, 'notes.txt']);
    expect(told).toEqual([
      ['recording.removed', `b-${ID}`],
      ['recording.removed', `a-${ID}`],
      ['recordings.limit', undefined],
    ]);
  });

  it('stay where they are of the last install, of the last failure, or open', async () => {
    write([`last-${ID}.cast`, `failed-${ID}.cast`, `old-${ID}.cast`]);
    const recordings = open(0, [`last-${ID}`], [`failed-${ID}`]);
    const recording = await recordings.open(`open-${ID}`, about);
    await recordings.prune();
    expect(left()).toEqual([`failed-${ID}.cast`, `last-${ID}.cast`, `open-${ID}.cast`]);
    recording.recorder.output(new TextEncoder().encode('login: '));
    await recording.close();
    await expect.poll(left).toEqual([`failed-${ID}.cast`, `last-${ID}.cast`]);
  });

  it('of one console that was taken up again are beside each other, and stay until the last is closed', async () => {
    const recordings = open(0);
    const [first, second] = [
      await recordings.open(`a-${ID}`, about),
      await recordings.open(`a-${ID}`, about),
    ];
    await first.close();
    await recordings.prune();
    expect(left()).toEqual([`a-${ID}.2.cast`, `a-${ID}.cast`]);
    await second.close();
    await expect.poll(left).toEqual([]);
  });

  it('are left alone where nobody knows which have to stay', async () => {
    write([`a-${ID}.cast`]);
    const store = { latestInstalls: () => Promise.reject(new Error('busy')), latestFailures: async () => [] };
    await openRecordings({ config: { stateDirectory, recordings: { total: 0 } }, store, log }).prune();
    expect(left()).toEqual([`a-${ID}.cast`]);
    expect(told).toEqual([['recordings.prune', 'busy']]);
  });

  it('are not removed any more once that was ended', async () => {
    write([`a-${ID}.cast`]);
    const recordings = open(0);
    await recordings.close();
    await recordings.prune();
    expect(left()).toEqual([`a-${ID}.cast`]);
  });

  it('need no directory yet', async () => {
    await open(0).prune();
    expect([existsSync(join(stateDirectory, 'recordings')), told]).toEqual([false, []]);
  });

  const unshare = requireProgram('unshare');
  const namespaces = unshare.skip === false && spawnSync(unshare.path, ['-Urm', 'true']).status === 0;
  const skip = unshare.skip || (!namespaces && skipFor('needs user namespaces'));
  it.skipIf(skip).each([
    ['for their directory', 1],
    ['for their file', 2],
  ])(`are left out where the disk has no room %s${skip ? ` (${skip})` : ''}`, (_, inodes) => {
    const module = new URL('../../dist/src/install/io/recordings.js', import.meta.url).href;
    const program = `
      const { openRecordings } = await import('${module}');
      const log = { info() {}, warn: (event, { file, error }) => console.log(event, file, error) };
      const clock = { now: () => 0 };
      const config = { stateDirectory: '${stateDirectory}', recordings: { total: 64 } };
      const store = { latestInstalls: async () => [], latestFailures: async () => [] };
      const about = { clock, cols: 80, rows: 24, title: 'a console', log };
      const recording = await openRecordings({ config, store, log }).open('web1', about);
      recording.recorder.output(new TextEncoder().encode('login: '));
      await recording.close();
      console.log('goes on');`;
    const script = `mount -t tmpfs -o nr_inodes=${inodes} none "$1" && exec "$2" --input-type=module -e "$3"`;
    const argv = ['-Urm', 'sh', '-c', script, 'sh', stateDirectory, process.execPath, program];
    const { stdout, stderr } = spawnSync(unshare.path, argv, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^recording\.failed \S+web1\.cast .*ENOSPC.*\ngoes on\n$/);
  });
});
