import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KEY, withRig } from '../support/rig.ts';

it(
  'installs with a private network, and with random passwords of which nothing is stored, logged or recorded',
  { timeout: 120_000 },
  () =>
    withRig(0, async (rig) => {
      await rig.call('POST', '/vms', { name: 'demo1', owner: 'puffy', sshKeys: [KEY], passwords: true });
      await rig.call('POST', '/vms', { name: 'demo2', owner: 'puffy', sshKeys: [KEY] });
      await rig.call('POST', '/networks/lan', { vms: ['demo1', 'demo2'] });
      await rig.install('demo1');
      expect(await rig.ended('demo1')).toBe('running');
      const [type, body] = KEY.split(' ');
      const recordings = (await rig.recordings()).join('');
      // The installer echoes what it found in its response file, and the key was in it with the passwords behind.
      expect(recordings).toContain(`${type} ${body} ***`);
      expect(recordings).toMatch(/for the initial DHCP request.*vio0/s);
      expect(recordings).toMatch(/IPv4 address for vio1\?.*10\.64\.1\.\d+\\r\\n/);
      const state = join(rig.stage.directory, 'state');
      const files = (await readdir(state)).filter((name) => name.startsWith('puffboot.sqlite'));
      const stored = await Promise.all(files.map((name) => readFile(join(state, name), 'latin1')));
      for (const text of [recordings, await rig.log(), ...stored]) {
        expect(text).not.toMatch(/root:[A-Za-z2-9]{20}|puffy:[A-Za-z2-9]{20}|\$2b\$/);
      }
    }),
);
