import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VmView } from '../../src/web/operator.ts';
import { until } from '../support/puffboot.ts';
import { withVms } from '../support/vms.ts';

describe('vm rm', () => {
  it(
    'stops a VM, keeps its disks aside, holds back what it had, and can be told to forget',
    () =>
      withVms(['a', 'b'], async (rig, run) => {
        const home = join(rig.stage.directory, 'host/home/vm');
        await run('start', 'a');
        const { ipv4 } = await rig.show('a');
        const rm = await run('vm', 'rm', 'a', '--yes');
        expect([rm.status, rm.stdout]).toEqual([
          0,
          expect.stringMatching(
            /^a: removed, its disks kept as .*retired.*a-0\.qcow2; id 1, .* given to nobody/,
          ),
        ]);
        expect([await readdir(join(home, 'retired')), existsSync(join(home, 'a-0.qcow2'))]).toEqual([
          [expect.stringMatching(/^\d{4}-\d\d-\d\d-[0-9a-f]{8}-a-0\.qcow2$/)],
          false,
        ]);
        expect((await rig.hostStatus()).map(({ name, state }) => [name, state])).toEqual([['a', 'stopped']]);
        expect((await run('vm', 'list', '--retired')).stdout).toMatch(/a +stage +1 .* puffy .* removed/);
        await rig.add('a');
        expect((await rig.show('a')).id).toBe(3);
        expect((await run('vm', 'rm', '--forget', 'a')).stdout).toBe(
          'a: forgotten; its id and addresses are free\n',
        );
        expect((await rig.add('c')) as VmView).toMatchObject({ id: 1, ipv4 });
        expect((await run('vm', 'rm', 'b', '--yes', '--disks', 'shred')).stdout).toMatch(
          /^b: removed, its disks shredded/,
        );
        expect(await readdir(home)).toEqual(['retired']);
        expect(await readdir(join(home, 'retired'))).toHaveLength(1);
      }),
    60_000,
  );

  it(
    'tells of a VM that does not stop, goes on after kill -9, and ends with everything done once',
    () =>
      withVms(
        ['deaf'],
        async (rig, run) => {
          const disk = join(rig.stage.directory, 'host/home/vm/deaf-0.qcow2');
          await writeFile(
            disk,
            await readFile(disk).then((bytes) => Buffer.concat([bytes, Buffer.from('secret')])),
          );
          await run('start', 'deaf');
          // Begun, and cut off while it waits for the VM to stop.
          await rig.call('DELETE', '/vms/deaf?disks=shred');
          await expect(rig.install('deaf')).rejects.toMatchObject({
            code: expect.stringMatching(/^VM_(BUSY|RUNNING)$/),
          });
          await rig.kill();
          await rig.restart();
          expect(await rig.show('deaf')).toMatchObject({ name: 'deaf' });
          await rig.kill();
          const late = await run('vm', 'rm', 'deaf', '--yes', '--kill-after', '1');
          expect([late.status, late.stdout]).toEqual([
            0,
            expect.stringMatching(/^deaf: removed, its disks shredded/),
          ]);
          await rig.restart();
          await expect(rig.show('deaf')).rejects.toMatchObject({ code: 'VM_NOT_FOUND' });
          expect((await rig.hostStatus())[0]?.state).toBe('stopped');
          await until(async () => !existsSync(disk));
        },
        { hung: ['deaf'] },
      ),
    60_000,
  );
});
