import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withRig } from '../support/rig.ts';

it('goes on without a reboot once the cause is gone, and only where the installer still stands', async () => {
  await withRig(0, async (rig) => {
    const sums = join(rig.stage.directory, 'sets/pub/OpenBSD/7.6/amd64/SHA256.sig');
    await rig.add('web1');
    await expect(rig.call('POST', '/vms/web1/retry')).rejects.toMatchObject({ code: 'RETRY_REFUSED' });
    await rename(sums, `${sums}.away`);
    await rig.install('web1');
    expect(await rig.ended('web1')).toBe('failed');
    expect((await rig.show('web1')).install?.failure).toMatchObject({
      stands: 'shell',
      next: expect.stringContaining('puffboot retry web1'),
    });
    const directory = join(rig.stage.directory, 'state/recordings');
    const kept = await Promise.all(
      (await readdir(directory)).map((file) => readFile(join(directory, file), 'utf8')),
    );
    expect(kept.some((text) => text.includes('==> ifconfig -A <=='))).toBe(true);
    // The comment of the key, a hash, or the installer's own line with one.
    expect([...kept, await rig.log()].join('\n')).not.toMatch(
      /hidden-password|\$2[aby]\$\d\d\$|Password for \w+ account = /,
    );
    const before = (await rig.hostStatus()).find(({ name }) => name === 'web1');

    await rename(`${sums}.away`, sums);
    expect(await rig.call('POST', '/vms/web1/retry')).toMatchObject({ state: 'standing' });
    expect(await rig.ended('web1')).toBe('running');
    const { install } = await rig.show('web1');
    expect(install?.phases.map(({ name }) => name)).toEqual([
      'standing',
      'retrying',
      'answering',
      'installing',
      'rebooting',
      'running',
    ]);
    const after = (await rig.hostStatus()).find(({ name }) => name === 'web1');
    expect(after?.tty).toBe(before?.tty);
    await expect(rig.call('POST', '/vms/web1/retry')).rejects.toMatchObject({
      code: 'RETRY_REFUSED',
      message: 'web1 has no failed install: its last install is running',
    });
  });
}, 60_000);

it('refuses where the VM was stopped in between', async () => {
  await withRig(0, async (rig) => {
    const sums = join(rig.stage.directory, 'sets/pub/OpenBSD/7.6/amd64/SHA256.sig');
    await rig.add('web1');
    await rename(sums, `${sums}.away`);
    await rig.install('web1');
    expect(await rig.ended('web1')).toBe('failed');
    await rig.vmctl('stop', '-fw', 'web1');
    await expect(rig.call('POST', '/vms/web1/retry')).rejects.toMatchObject({
      code: 'RETRY_REFUSED',
      message: expect.stringMatching(/web1 is stopp/),
    });
  });
}, 60_000);
