import { mkdir, open, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { transcriptCommand } from '../../src/cli/transcript.ts';
import { until } from '../support/puffboot.ts';
import { withRig } from '../support/rig.ts';
import { run } from './run.ts';

const ID = '0123456789abcdef';
const TWO_GIB = 2 * 1024 ** 3;

it('keeps recordings below their total, at the start and at the end of an install', () =>
  withRig(0, async (rig) => {
    const directory = join(rig.stage.directory, 'state/recordings');
    const left = async () => (await readdir(directory)).filter((name) => !name.startsWith('web1-')).sort();
    /** As large as it says, without taking the disk. */
    const write = async (name: string, bytes: number) => {
      await mkdir(directory, { recursive: true });
      const file = await open(join(directory, name), 'w');
      await file.truncate(bytes);
      await file.close();
      await utimes(join(directory, name), 1, bytes > 1 ? 1 : 2);
    };
    await write(`old-${ID}.cast`, TWO_GIB);
    await write(`new-${ID}.cast`, 1);
    await rig.kill();
    await rig.restart();
    await until(async () => (await left()).length === 1);
    expect(await left()).toEqual([`new-${ID}.cast`]);

    await write(`again-${ID}.cast`, TWO_GIB);
    await rig.add('web1');
    await rig.install('web1');
    expect(await rig.ended('web1')).toBe('running');
    await rig.call('POST', '/vms/web1/install', { mode: 'upgrade', way: 'watch' });
    const removed = async () => (await rig.events('recording.removed')).map(({ recording }) => recording);
    // It is told once it is gone.
    await until(async () => (await removed()).length === 2);
    expect(await removed()).toEqual([`old-${ID}`, `again-${ID}`]);
    expect(await left()).toEqual([`new-${ID}.cast`]);
    const listed = await run(transcriptCommand(), 'list', '-f', rig.stage.configFile);
    expect(listed.stdout).toContain(`new-${ID}.cast`);
    expect(listed.stdout).not.toMatch(/old-|again-/);
    expect(listed.stdout).toMatch(/web1-[0-9a-f]{16}\.cast/);
  }));
