import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/puffboot.ts';
import { withSshHost } from '../support/ssh-rig.ts';
import { SSHD } from '../support/sshd.ts';

describe.skipIf(SSHD.skip)('a host behind ssh', () => {
  it('has a VM installed although its connections are lost in the middle', async () => {
    await withSshHost(0.2, async (rig, sshd) => {
      await rig.add('web1');
      await rig.install('web1');
      await until(async () => (await rig.stateOf('web1')) === 'installing');
      await sshd.cut();
      expect(await rig.ended('web1')).toBe('running');
      expect(await rig.events('console.lost')).not.toEqual([]);
      expect((await rig.show('web1')).install?.failure).toBeNull();
      // What was lost and taken again is recorded in two files.
      expect(await rig.recordings()).toHaveLength(2);
      const commands = await readFile(join(rig.stage.directory, 'host/var/log/commands'), 'utf8');
      expect(commands).toMatch(/^_puffboot pkill -xf \(\/usr\/bin\/\)\?cu -r -l \/dev\/ttyp\d -s 115200$/m);
      expect(commands.match(/ vmctl start -c -b /g)).toHaveLength(1);
    });
  }, 120_000);

  it('fails an install with the reason where nobody answers, and is installed once somebody does', async () => {
    await withSshHost(0, async (rig, sshd) => {
      await rig.add('web1');
      await sshd.stop();
      const refused = rig.install('web1');
      await expect(refused).rejects.toThrow(
        /cannot reach stage .*: (nothing listens|the connection was lost)/,
      );
      await sshd.start();
      const root = join(rig.stage.directory, 'host');
      const fault = { command: '^vmctl create', do: 'drop', after: true, times: 1 };
      await writeFile(join(root, 'fail.json'), JSON.stringify([fault]));
      await rig.install('web1');
      expect(await rig.ended('web1')).toBe('failed');
      expect((await rig.show('web1')).install?.failure?.reason).toMatch(/the connection was lost/);
      await rig.install('web1');
      expect(await rig.ended('web1')).toBe('running');
    });
  }, 120_000);
});
