import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VmView } from '../../src/web/operator.ts';
import { eightAtOnce, textFiles, VMS } from '../support/forty.ts';
import { puffboot } from '../support/puffboot.ts';
import { KEY, type Rig, withRig } from '../support/rig.ts';

const command = async ({ stage }: Rig, ...argv: readonly string[]) => {
  const ran = await puffboot([...argv, '-f', stage.configFile]);
  expect([argv[0], ran.stderr, ran.status]).toEqual([argv[0], '', 0]);
  return ran.stdout;
};

/** One question for all of them: forty that ask often would be most of the work. */
async function states({ call }: Rig): Promise<readonly string[]> {
  const vms = (await call('GET', '/vms')) as readonly VmView[];
  return vms.map(({ install }) => install?.state ?? 'none');
}

describe('from text files to login prompts', () => {
  it(
    'imports 40 VMs, plans, applies, installs them, and then has nothing to do',
    () =>
      withRig(0, async (rig) => {
        await eightAtOnce(rig);
        await command(
          rig,
          'vm',
          'import',
          '--host',
          'stage',
          ...(await textFiles(join(rig.stage.directory, 'old'))),
        );
        expect(await command(rig, 'plan')).toMatch(/^stage: \d+ steps\n/);
        const applied = await command(rig, 'apply', '--yes');
        expect(applied).toContain('stage: done: load into vmd: uplink, vm01, vm02, vm03, vm04 and 36 more\n');
        expect(applied).toContain('stage: as it is wanted\n');
        expect(await command(rig, 'plan')).toMatch(/^stage: nothing to do\n/);

        await Promise.all(VMS.map(rig.install));
        await expect
          .poll(() => states(rig), { timeout: 240_000, interval: 500 })
          .toEqual(VMS.map(() => 'running'));
        const listed = (await rig.call('GET', '/vms')) as readonly VmView[];
        expect(new Set(listed.map(({ ipv4 }) => ipv4)).size).toBe(40);

        // The last of them is enabled in the background.
        const conf = join(rig.stage.directory, 'host/etc/vm.conf');
        await expect.poll(() => readFile(conf, 'utf8'), { timeout: 90_000 }).not.toContain('disable');
        await expect
          .poll(() => command(rig, 'plan'), { timeout: 90_000, interval: 500 })
          .toMatch(/^stage: nothing to do\n/);
        const keys = join(rig.stage.directory, 'host/home/owner-vm01/.ssh/authorized_keys');
        expect(await readFile(keys, 'utf8')).toContain(`${KEY.replace(' hidden-password', '')}\n`);
      }),
    300_000,
  );
});
