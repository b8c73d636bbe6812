import { describe, expect, it } from 'vitest';
import type { InstallState } from '../../src/install/install.ts';
import { until } from '../support/puffboot.ts';
import { type Rig, withRig } from '../support/rig.ts';

const MOMENTS: readonly InstallState[] = ['preparing', 'armed', 'booting', 'installing', 'rebooting'];

/** A state may pass before it is seen; then a later one has to do. */
async function reach(rig: Rig, moment: InstallState): Promise<void> {
  const enough = MOMENTS.slice(MOMENTS.indexOf(moment));
  await until(async () => enough.includes((await rig.stateOf('web1')) ?? 'defined'));
}

describe('serve killed with -9 and started again', () => {
  it.concurrent.each(MOMENTS)(
    'while %s: the VM ends installed once, or failed with the reason',
    (moment) =>
      withRig(0.3, async (rig) => {
        await rig.add('web1');
        await rig.install('web1');
        await reach(rig, moment);
        await rig.kill();
        await rig.restart();
        const state = await rig.ended('web1');
        const { install } = await rig.show('web1');
        if (state === 'failed')
          expect(install?.failure?.reason).toMatch(/outcome unseen|stalled|gave up while nobody watched/);
        else
          expect([state, await rig.hostStatus()]).toMatchObject([
            'running',
            [{ name: 'web1', state: 'running' }],
          ]);
      }),
    180_000,
  );

  it(
    'while a machine that failed is asked about it: the reason that was seen is told',
    () =>
      withRig(
        0.3,
        async (rig) => {
          await rig.add('web1');
          await rig.install('web1');
          const seen = await until(async () => {
            const { install } = await rig.show('web1');
            return install?.failure ?? null;
          });
          expect(await rig.stateOf('web1')).toBe('installing');
          await rig.kill();
          await rig.restart();
          expect(await rig.ended('web1')).toBe('failed');
          const { install } = await rig.show('web1');
          expect(install?.failure).toMatchObject({ phase: 'installing', reason: seen.reason });
          expect(install?.failure?.next).toContain('puffboot install web1');
        },
        { faults: ['no-answer'] },
      ),
    180_000,
  );
});
