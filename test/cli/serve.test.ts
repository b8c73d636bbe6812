import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { puffboot, until } from '../support/puffboot.ts';
import { sharedRig, withRig } from '../support/rig.ts';

/** Asks boot HTTP from a VM's own address. @returns the status */
const statusFor = (localAddress: string, port: number, path: string) =>
  new Promise((resolve, reject) => {
    request({ host: '127.77.0.1', port, path, localAddress }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });

describe('serve', () => {
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

  it('cancels: the VM is stopped, the response file is gone, and it can be installed anew', () =>
    withRig(
      0,
      async ({ add, install, ended, show, stateOf, call, hostStatus, httpPort }) => {
        // There it stays, for it asks a question.
        const installs = () => until(async () => (await stateOf('web1')) === 'installing');
        await add('web1');
        await install('web1');
        await installs();
        const { ipv4, lladdr } = await show('web1');
        const asked = async () => statusFor(ipv4, await httpPort(), `/${lladdr}-install.conf`);
        expect(await asked()).toBe(200);
        await call('POST', '/vms/web1/cancel');
        expect(await ended('web1')).toBe('cancelled');
        await until(async () => (await hostStatus()).every(({ state }) => state === 'stopped'));
        await until(async () => (await asked()) === 404);
        await install('web1');
        await installs();
      },
      { faults: ['site-asks'] },
    ));
});

describe('one serve for all of these', () => {
  const rig = sharedRig(0);

  it('installs ten VMs at the same time', async () => {
    const { add, install, ended, call } = rig();
    const names = Array.from({ length: 10 }, (_, index) => `vm${index}`);
    await Promise.all(names.map(add));
    const vms = (await call('GET', '/vms')) as { name: string; lladdr: string }[];
    const own = vms.filter(({ name }) => names.includes(name));
    expect(new Set(own.map(({ lladdr }) => lladdr)).size).toBe(10);
    await Promise.all(names.map(install));
    expect(await Promise.all(names.map(ended))).toEqual(names.map(() => 'running'));
  });

  it('never installs a VM twice at once, nor one that runs', async () => {
    const { add, install, ended } = rig();
    await add('twice');
    const both = await Promise.allSettled([install('twice'), install('twice')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await ended('twice');
    await expect(install('twice')).rejects.toMatchObject({ code: 'VM_RUNNING' });
  });

  it('upgrades a VM that is stopped, by its response file', async () => {
    const { add, install, ended, call, vmctl, show, recordings } = rig();
    await add('upgraded');
    await install('upgraded');
    await ended('upgraded');
    await vmctl('stop', '-fw', 'upgraded');
    await call('POST', '/vms/upgraded/install', { mode: 'upgrade' });
    expect(await ended('upgraded')).toBe('running');
    expect((await show('upgraded')).install).toMatchObject({ mode: 'upgrade', failure: null });
    expect((await recordings()).join('')).toContain('Your OpenBSD upgrade has been successfully completed!');
  });

  it('says which kernel is missing where the sets of a release are', async () => {
    const { add, install, ended, call, show } = rig();
    await add('lacking');
    await call('PATCH', '/vms/lacking', { release: '7.5' });
    await install('lacking');
    expect(await ended('lacking')).toBe('failed');
    expect((await show('lacking')).install?.failure?.reason).toMatch(/there is no .*7\.5\/amd64\/bsd\.rd/);
  });

  it.each([
    { victims: ['netboot', 'operate'], vm: 'after', started: 3 },
    { victims: ['boot-http'], vm: 'next', started: 2 }, // netboot ends with it
  ] as const)('starts $victims again where they were killed, and answers as before', async (row) => {
    const { add, install, ended, childPid, events, call } = rig();
    await add(row.vm);
    const ready = async () => (await events('child.ready')).length;
    const before = await ready();
    for (const victim of row.victims) process.kill(await childPid(victim), 'SIGKILL');
    await until(async () => (await ready()) >= before + row.started);
    await until(() => call('GET', '/ping').catch(() => null));
    await install(row.vm);
    expect(await ended(row.vm)).toBe('running');
  });

  it('keeps response files from strangers, from other VMs, and after the install; and logs who asked', async () => {
    const { add, install, ended, show, events, httpPort } = rig();
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
      const asked = await events('netboot.response-file');
      const found = asked.filter(({ outcome }) => outcome === 'refused');
      return found.length > 0 ? found : null;
    });
    expect(refusals[0]).toMatchObject({
      from: expect.stringMatching(/^127\./),
      reason: expect.any(String),
    });
  });

  it('leaves no secret in its log or recordings', async () => {
    const { add, install, ended, recordings, log } = rig();
    await add('secret');
    await install('secret');
    await ended('secret');
    const kept = [...(await recordings()), await log()].join('');
    expect(kept).toContain('CONGRATULATIONS');
    expect(kept).not.toContain('hidden-password');
  });

  // Only root has privileges to give up, and only Linux tells about them in /proc.
  it
    .skipIf(process.getuid?.() !== 0 || !existsSync('/proc/self/status'))
    .each(['netboot', 'boot-http'] as const)(
    'started as root, answers the network without any privilege: %s',
    async (name) => {
      const { childPid } = rig();
      const status = await readFile(`/proc/${await childPid(name)}/status`, 'utf8');
      const field = (name: string) =>
        new RegExp(`^${name}:[\\t ]*(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/);
      expect(field('Uid')).not.toContain('0');
      expect(field('Gid')).not.toContain('0');
      expect(field('Groups')?.filter((group) => group !== '')).toEqual([]);
      expect(field('CapEff')).toEqual(['0000000000000000']);
    },
  );

  it('is refused where another one holds the state directory, which goes on undisturbed', async () => {
    const { stage, call } = rig();
    const { status, stderr } = await puffboot(['serve', '-f', stage.configFile]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/puffboot: .*(in use|holds|held)/i)]);
    expect(await call('GET', '/ping')).toMatchObject({ pid: expect.any(Number) });
  });
});
