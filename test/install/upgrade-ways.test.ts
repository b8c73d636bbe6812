import { expect, it } from 'vitest';
import { until } from '../support/puffboot.ts';
import { withRig } from '../support/rig.ts';

it('upgrades by typing every answer, and watches a guest without ever touching it', async () => {
  await withRig(0, async (rig) => {
    const upgrade = (way: string) => rig.call('POST', '/vms/web1/install', { mode: 'upgrade', way });
    const stateOf = async () => (await rig.hostStatus()).find(({ name }) => name === 'web1')?.state;
    await rig.add('web1');
    await expect(upgrade('watch')).rejects.toMatchObject({ code: 'WATCH_REFUSED' });
    await rig.install('web1');
    expect(await rig.ended('web1')).toBe('running');

    expect(await upgrade('watch')).toMatchObject({ state: 'watching' });
    await expect(upgrade('type')).rejects.toMatchObject({ code: 'VM_BUSY' });
    await rig.call('POST', '/vms/web1/cancel');
    expect([await rig.ended('web1'), await stateOf()]).toEqual(['cancelled', 'running']);
    // What was only watched is not ours to clear away.
    await expect(upgrade('type')).rejects.toMatchObject({ code: 'VM_RUNNING' });

    await rig.vmctl('stop', '-fw', 'web1');
    await until(async () => (await stateOf()) === 'stopped');
    await upgrade('type');
    expect(await rig.ended('web1')).toBe('running');
    const { install } = await rig.show('web1');
    expect(install?.phases.map(({ name }) => name)).not.toContain('answering');
    expect((await rig.recordings()).join('')).toMatch(/"i", "u\\r"/);
  });
}, 90_000);

it('refuses an install by hand, which would leave its owner without a key', async () => {
  await withRig(0, async (rig) => {
    await rig.add('web1');
    await expect(
      rig.call('POST', '/vms/web1/install', { mode: 'install', way: 'type' }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });
}, 60_000);
