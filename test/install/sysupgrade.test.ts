import { expect, it } from 'vitest';
import type { InstallView } from '../../src/web/operator.ts';
import { until } from '../support/puffboot.ts';
import { type Rig, withRig } from '../support/rig.ts';
import { typeLogin } from '../support/terminal.ts';

/** A human starts it in the guest, and leaves the console to the watcher. */
async function upgradeByHand(rig: Rig): Promise<void> {
  const anna = await typeLogin(rig, 'web1', 'rehearsal');
  await anna.shows('web1# ');
  anna.type('sysupgrade\r');
  await anna.shows('Fetching from ');
  anna.type('~.');
  await anna.closed;
}

async function watch(rig: Rig): Promise<InstallView | null> {
  await rig.add('web1');
  await rig.install('web1');
  expect(await rig.ended('web1')).toBe('running');
  await rig.call('POST', '/vms/web1/install', { mode: 'upgrade', way: 'watch' });
  await upgradeByHand(rig);
  await rig.ended('web1');
  return (await rig.show('web1')).install;
}

it('watches a guest upgrade itself, and knows its new release', () =>
  withRig(
    0,
    async (rig) => {
      expect(await watch(rig)).toMatchObject({ state: 'running', mode: 'upgrade' });
      // Written down right behind `login:`.
      await until(async () => (await rig.show('web1')).release === '7.7');
      expect(await rig.events('vm.release')).toHaveLength(1);
    },
    { nextRelease: '7.7' },
  ));

it('tells that the watchdog ended an upgrade that stood still', () =>
  withRig(
    0,
    async (rig) => {
      const reason = expect.stringContaining('WATCHDOG');
      const next = expect.stringContaining('puffboot upgrade web1 --watch');
      const noEvidence = 'the machine rebooted';
      expect(await watch(rig)).toMatchObject({ state: 'failed', failure: { reason, next, noEvidence } });
      expect((await rig.show('web1')).release).toBe('7.6');
    },
    { nextRelease: '7.7', faults: ['upgrade-stalls'] },
  ));
