import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOST } from '../../src/rehearsal/host-path.ts';
import type { HostFault } from '../../src/rehearsal/root/faults.ts';
import { puffboot, type Ran, until } from '../support/puffboot.ts';
import type { Rig } from '../support/rig.ts';
import { withSshHost } from '../support/ssh-rig.ts';
import { SSHD } from '../support/sshd.ts';

const command = ({ stage }: Rig, ...argv: readonly string[]): Promise<Ran> =>
  puffboot([...argv, '-f', stage.configFile]);

const onHost = ({ stage }: Rig, path: string) => readFile(join(stage.directory, 'host', path), 'utf8');

const faults = ({ stage }: Rig, ...rows: readonly HostFault[]) =>
  writeFile(join(stage.directory, 'host', HOST.faults), JSON.stringify(rows));

/** The command has begun on the host. */
const begun = (rig: Rig, line: RegExp) => until(async () => line.test(await onHost(rig, HOST.commands)), 60);

/** What is to be neither there nor left behind while nothing is under way. */
const leftovers = async ({ stage }: Rig) => {
  const names = await Promise.all(
    ['etc', 'etc/puffboot'].map((path) => readdir(join(stage.directory, 'host', path))),
  );
  return names.flat().filter((name) => /puffboot-new|^new\.|^apply\.lock|^load/.test(name));
};

const plan = async (rig: Rig) => (await command(rig, 'plan')).stdout;

describe.skipIf(SSHD.skip)('plan, apply and doctor over ssh', () => {
  it('make an empty host ready over connections that are lost, and a VM is installed on it', async () => {
    await withSshHost(0, async (rig, sshd) => {
      for (const name of ['web1', 'web2']) await rig.add(name);
      expect(await plan(rig)).toMatch(/^stage: \d+ steps\n/);

      // The connection is lost in the step that replaces the file, behind the marks and the backup.
      await faults(rig, { command: '^mv .*/etc/vm.conf$', do: 'drop', times: 1 });
      const lost = await command(rig, 'apply', '--yes');
      expect([lost.status, lost.stderr]).toEqual([1, expect.stringContaining('the connection was lost')]);
      expect(lost.stderr).toMatch(
        / {2}done: {5}add group vmdusers\n[\s\S]* {2}failed: {3}replace \/etc\/vm\.conf\n {2}not done: replace \/etc\/doas\.conf\n/,
      );
      expect(await onHost(rig, 'etc/vm.conf')).toBe('');
      expect(await leftovers(rig)).toEqual([]);

      // Cut from outside, while a command runs over there.
      await faults(rig, { command: '^vmctl load', do: 'slow', milliseconds: 2_000, times: 1 });
      const cut = command(rig, 'apply', '--yes');
      await begun(rig, /^_puffboot doas vmctl load/m);
      await sshd.cut();
      expect(await cut).toMatchObject({ status: 1, stderr: expect.stringContaining('cannot reach stage') });

      // Two at once: one waits for the other.
      const both = await Promise.all([command(rig, 'apply', '--yes'), command(rig, 'apply', '--yes')]);
      expect(both.map(({ status, stderr }) => [status, stderr])).toEqual([
        [0, ''],
        [0, ''],
      ]);
      expect(await plan(rig)).toMatch(/^stage: nothing to do\n/);
      expect(await leftovers(rig)).toEqual([]);

      expect((await command(rig, 'doctor')).stdout).toContain('net.inet.ip.arpq.maxlen');
      expect((await command(rig, 'doctor', '--fix')).stdout).toMatch(/fixed/);
      expect(await onHost(rig, 'etc/sysctl.conf')).toContain('net.inet.ip.arpq.maxlen=512\n');

      const installed = await command(rig, 'install', 'web1');
      expect([installed.status, installed.stderr]).toEqual([0, expect.not.stringContaining('fail')]);
      await until(async () => (await onHost(rig, 'etc/vm.conf')).includes('vm "web1" {\n\tenable\n'));
      expect(await plan(rig)).toMatch(/^stage: nothing to do\n/);

      for (const [argv, state] of [
        [['kill', '--yes', 'web1'], 'stopped'],
        [['start', 'web1'], 'running'],
      ] as const) {
        expect(await command(rig, ...argv)).toMatchObject({ status: 0 });
        expect((await rig.hostStatus()).find(({ name }) => name === 'web1')?.state).toBe(state);
      }

      // Nobody is asked anything, and nothing is trusted.
      await sshd.changeHostKey();
      for (const verb of ['plan', 'doctor', 'apply']) {
        const refused = await command(rig, verb, ...(verb === 'apply' ? ['--yes'] : []));
        expect([verb, refused.status, refused.stderr]).toEqual([
          verb,
          1,
          expect.stringMatching(/its host key is not the one in known_hosts[\s\S]*fix: /),
        ]);
      }
    });
  }, 240_000);
});
