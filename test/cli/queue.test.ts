import { describe, expect, it } from 'vitest';
import { puffboot, until } from '../support/puffboot.ts';
import { withRig } from '../support/rig.ts';

const NAMES = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'b1'];

/** No install ends by itself: the installer asks a question that nobody answers. */
const WAITING = { faults: ['site-asks'] } as const;

describe('the install queue of serve', () => {
  it('survives kill -9, keeps its order, and lets what waits be cancelled', () =>
    withRig(
      0,
      async ({ stage, call, kill, restart, stateOf, show, events, hostStatus }) => {
        for (const name of NAMES)
          await call('POST', '/vms', { name, owner: name[0] === 'a' ? 'alice' : 'bob' });
        const install = await puffboot(['install', '--all', '--detach', '-f', stage.configFile]);
        expect([install.status, install.stdout.match(/install queued/g)?.length]).toEqual([0, NAMES.length]);
        const place = async (name: string) => (await show(name)).install?.queue?.position;
        expect([await place('a5'), await place('a7'), await place('b1')]).toEqual([2, 4, 1]);
        const prepared = async () =>
          (await events('install.state')).filter(({ state }) => state === 'preparing').map(({ vm }) => vm);
        // By the log, because what it has not written yet is lost with the process.
        await until(async () => (await prepared()).length === 4);
        await kill();
        await restart();
        await until(async () => (await place('a7')) !== undefined);
        expect((await show('a7')).install).toMatchObject({ state: 'defined', queue: { limit: 4 } });
        const cancel = await puffboot(['cancel', 'a6', 'a7', '-f', stage.configFile]);
        expect(cancel.stdout).toBe('a6: cancelled\na7: cancelled\n');
        // Each that ends makes room for the next one.
        for (const [ending, next] of [
          ['a1', 'b1'],
          ['a2', 'a5'],
        ] as const) {
          await call('POST', `/vms/${ending}/cancel`);
          await until(async () => (await stateOf(next)) !== 'defined');
        }
        await until(async () => (await prepared()).length >= 6);
        expect(await prepared()).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'a5']);
        expect((await hostStatus()).find(({ name }) => name === 'a7')).toBeUndefined();
      },
      WAITING,
    ));
});
