import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { InstallState } from '../../src/install/install.ts';
import { puffboot, until } from '../support/puffboot.ts';
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
});

describe('serve', () => {
  it('installs ten VMs at the same time', () =>
    withRig(0, async ({ add, install, ended, call }) => {
      const names = Array.from({ length: 10 }, (_, index) => `vm${index}`);
      await Promise.all(names.map(add));
      const vms = (await call('GET', '/vms')) as { lladdr: string }[];
      expect(new Set(vms.map(({ lladdr }) => lladdr)).size).toBe(10);
      await Promise.all(names.map(install));
      expect(await Promise.all(names.map(ended))).toEqual(names.map(() => 'running'));
    }));

  it('installs a VM where 127.0.0.1 is the only loopback address', () =>
    withRig(
      0,
      async ({ add, install, ended, show }) => {
        await add('web1');
        await install('web1');
        expect([await ended('web1'), (await show('web1')).ipv4]).toEqual(['running', '127.0.0.1']);
      },
      { lone: true },
    ));

  it('never installs a VM twice at once, nor one that runs', () =>
    withRig(0, async ({ add, install, ended }) => {
      await add('web1');
      const both = await Promise.allSettled([install('web1'), install('web1')]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await ended('web1');
      await expect(install('web1')).rejects.toMatchObject({ code: 'VM_RUNNING' });
    }));

  it('upgrades a VM that is stopped, by its response file', () =>
    withRig(0, async ({ add, install, ended, call, vmctl, show, recordings }) => {
      await add('web1');
      await install('web1');
      await ended('web1');
      await vmctl('stop', '-fw', 'web1');
      await call('POST', '/vms/web1/install', { mode: 'upgrade' });
      expect(await ended('web1')).toBe('running');
      expect((await show('web1')).install).toMatchObject({ mode: 'upgrade', failure: null });
      expect((await recordings()).join('')).toContain(
        'Your OpenBSD upgrade has been successfully completed!',
      );
    }));

  it('says which kernel is missing where the sets of a release are', () =>
    withRig(0, async ({ add, install, ended, call, show }) => {
      await add('web1');
      await call('PATCH', '/vms/web1', { release: '7.5' });
      await install('web1');
      expect(await ended('web1')).toBe('failed');
      expect((await show('web1')).install?.failure?.reason).toMatch(/there is no .*7\.5\/amd64\/bsd\.rd/);
    }));

  it.each([
    { victims: ['netboot', 'operate'], started: 6 },
    { victims: ['boot-http'], started: 5 }, // netboot ends with it
  ] as const)('starts $victims again where they were killed, and answers as before', ({ victims, started }) =>
    withRig(0, async ({ add, install, ended, childPid, events, call }) => {
      await add('web1');
      for (const victim of victims) process.kill(await childPid(victim), 'SIGKILL');
      await until(async () => (await events('child.ready')).length >= started);
      await until(() => call('GET', '/ping').catch(() => null));
      await install('web1');
      expect(await ended('web1')).toBe('running');
    }),
  );

  it('keeps response files from strangers, from other VMs, and after the install; and logs who asked', () =>
    withRig(0, async ({ add, install, ended, show, events, httpPort }) => {
      await Promise.all([add('web1'), add('web2')]);
      await install('web1');
      await ended('web1');
      const [web1, web2] = await Promise.all([show('web1'), show('web2')]);
      const lladdrs = [web1.lladdr, web2.lladdr, 'fe:e1:00:00:00:01'];
      const paths = [
        ...lladdrs.map((lladdr) => `/${lladdr}-install.conf`),
        '/install.conf',
        `/r/${'x'.repeat(32)}/install.conf`,
      ];
      for (const path of paths) {
        const { status } = await fetch(`http://127.77.0.1:${await httpPort()}${path}`);
        expect([path, status]).toEqual([path, 404]);
      }
      const refusals = await until(async () => {
        const found = (await events('netboot.response-file')).filter(({ outcome }) => outcome === 'refused');
        return found.length > 0 ? found : null;
      });
      expect(refusals[0]).toMatchObject({
        from: expect.stringMatching(/^127\./),
        reason: expect.any(String),
      });
    }));

  it('cancels: the VM is stopped, the response file is gone, and it can be installed anew', () =>
    withRig(0.3, async ({ add, install, ended, stateOf, call, hostStatus }) => {
      await add('web1');
      await install('web1');
      await until(async () => (await stateOf('web1')) === 'installing');
      await call('POST', '/vms/web1/cancel');
      expect(await ended('web1')).toBe('cancelled');
      await until(async () => (await hostStatus()).every(({ state }) => state === 'stopped'));
      await install('web1');
      expect(await ended('web1')).toBe('running');
    }));

  it('leaves no secret in its log or recordings', () =>
    withRig(0, async ({ add, install, ended, recordings, log }) => {
      await add('web1');
      await install('web1');
      await ended('web1');
      const kept = [...(await recordings()), await log()].join('');
      expect(kept).toContain('CONGRATULATIONS');
      expect(kept).not.toContain('hidden-password');
    }));

  // Only root has privileges to give up, and only Linux tells about them in /proc.
  it
    .skipIf(process.getuid?.() !== 0 || !existsSync('/proc/self/status'))
    .each(['netboot', 'boot-http'] as const)(
    'started as root, answers the network without any privilege: %s',
    (name) =>
      withRig(0, async ({ childPid }) => {
        const status = await readFile(`/proc/${await childPid(name)}/status`, 'utf8');
        const field = (name: string) =>
          new RegExp(`^${name}:[\\t ]*(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/);
        expect(field('Uid')).not.toContain('0');
        expect(field('Gid')).not.toContain('0');
        expect(field('Groups')?.filter((group) => group !== '')).toEqual([]);
        expect(field('CapEff')).toEqual(['0000000000000000']);
      }),
  );

  it('is refused where another one holds the state directory, which goes on undisturbed', () =>
    withRig(0, async ({ stage, call }) => {
      const { status, stderr } = await puffboot(['serve', '-f', stage.configFile]);
      expect([status, stderr]).toEqual([1, expect.stringMatching(/puffboot: .*(in use|holds|held)/i)]);
      expect(await call('GET', '/ping')).toMatchObject({ pid: expect.any(Number) });
    }));
});
