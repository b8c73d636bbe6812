import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openPty } from '../../../console/io/pty.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { localAccess } from '../../../src/host/io/local-access.ts';
import { parseListLine } from '../../../src/host/list-line.ts';
import { rehearsalAccess } from '../../../src/rehearsal/io/rehearsal-access.ts';
import { startSimulatedHost } from '../../../src/rehearsal/io/simulated-host.ts';
import { hostAccessContract } from '../../contract/host-access.ts';
import { fakeHost } from '../../fakes/host.ts';

hostAccessContract('the fake', async () => ({
  access: fakeHost(),
  directory: '/tmp',
  close: async () => undefined,
}));

const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' };
const local = (become: readonly string[]) => localAccess({ become, env, now: () => Date.now(), openPty });

/** env(1) runs what follows it, as doas(1) does. */
hostAccessContract('this machine', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'puffboot-local-'));
  return {
    access: local(['env']),
    directory,
    close: () => rm(directory, { recursive: true, force: true }),
  };
});

hostAccessContract('the simulated host', async () => {
  const root = await mkdtemp(join(tmpdir(), 'puffboot-host-'));
  const host = await startSimulatedHost({ root, options: { pace: 0 }, log: SILENT_LOG });
  return {
    access: rehearsalAccess({ root, become: ['doas'], now: () => Date.now(), openPty }),
    directory: '/home/vm',
    async close() {
      await host.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
});

it('does not wait for a command that does not end', async () => {
  await expect(local([]).run(['sleep', '30'], { seconds: 0.05 })).rejects.toThrow(
    'sleep 30: no end within 0.05 s',
  );
});

it('says that a command is not there', async () => {
  await expect(local([]).run(['puffboot-no-such'])).rejects.toThrow(/puffboot-no-such: .*ENOENT/);
});

it.each([
  ['-rw-r--r--  1 0  0  1234 Nov 26 14:39 /etc/x', { kind: 'file', mode: 0o644, uid: 0, gid: 0, size: 1234 }],
  [
    'drwxrwxrwt  7 0  5  512 Nov 26  2020 /tmp',
    { kind: 'directory', mode: 0o1777, uid: 0, gid: 5, size: 512 },
  ],
  ['-rwsr-S---+ 1 10 11 7 Nov 26 14:39 x', { kind: 'file', mode: 0o6740, uid: 10, gid: 11, size: 7 }],
  ['lrwxr-xr-x  1 0  0  7 Nov 26 14:39 /sys -> usr', { kind: 'link', mode: 0o755, uid: 0, gid: 0, size: 7 }],
  ['ls: /etc/x: Permission denied', null],
])('reads %s', (line, status) => {
  expect(parseListLine(line)).toEqual(status);
});
