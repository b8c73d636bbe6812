import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPty } from '../../../console/io/pty.ts';
import type { Line } from '../../../src/common/line.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import type { HostAccess } from '../../../src/host/access.ts';
import { sshAccess } from '../../../src/host/io/ssh-access.ts';
import type { SshTarget } from '../../../src/host/ssh-argv.ts';
import { type SimulatedHost, startSimulatedHost } from '../../../src/rehearsal/io/simulated-host.ts';
import { hostAccessContract } from '../../contract/host-access.ts';
import { openSshd, SSHD, type TestSshd } from '../../support/sshd.ts';

interface Place {
  readonly root: string;
  readonly state: string;
  readonly host: SimulatedHost;
  readonly sshd: TestSshd;
  access(target?: Partial<SshTarget>, directory?: string): HostAccess;
  /** Has commands go wrong. */
  fail(rows: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
}

async function openPlace(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'puffboot-host-'));
  const state = await mkdtemp(join(tmpdir(), 'puffboot-state-'));
  const host = await startSimulatedHost({ root, options: { pace: 0 }, log: SILENT_LOG });
  const sshd = await openSshd(root);
  const open: HostAccess[] = [];
  return {
    root,
    state,
    host,
    sshd,
    access(target = {}, directory = join(state, 'ssh')) {
      const access = sshAccess({
        host: 'vmm7',
        target: { ...sshd.target, ...target },
        become: ['doas'],
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: state, LC_ALL: 'C' },
        directory,
        now: () => Date.now(),
        openPty,
      });
      open.push(access);
      return access;
    },
    fail: (rows) => writeFile(join(root, 'fail.json'), JSON.stringify(rows)),
    async close() {
      await Promise.all(open.map((access) => access.close()));
      await sshd.close();
      await host.stop();
      for (const path of [root, state]) await rm(path, { recursive: true, force: true });
    },
  };
}

describe.skipIf(SSHD.skip)('ssh', () => {
  hostAccessContract(
    'sshd',
    async () => {
      const place = await openPlace();
      return { access: place.access(), directory: '/home/vm', close: place.close };
    },
    { slow: true },
  );

  describe('a host behind sshd', () => {
    let place: Place;
    beforeAll(async () => {
      place = await openPlace();
    }, 30_000);
    afterAll(() => place.close());

    it.each([
      ['nothing listens', { port: 1 }, 'HOST_UNREACHABLE', 'nothing listens on its ssh port'],
      ['the name is unknown', { address: 'puffboot.invalid' }, 'HOST_UNREACHABLE', 'there is no such name'],
      ['the host key is unknown', { knownHosts: '/dev/null' }, 'HOST_KEY', 'its host key is unknown'],
    ])('says so when %s', async (_, target, code, words) => {
      await expect(place.access(target).run(['true'])).rejects.toMatchObject({
        code,
        message: expect.stringContaining(`cannot reach vmm7 (ssh `),
      });
      await expect(place.access(target).run(['true'])).rejects.toThrow(words);
      expect(await place.access(target).openConsole(['true']).closed).toMatchObject({
        lost: expect.stringContaining(words),
      });
    });

    it('says so when its key is not taken', async () => {
      const identity = String(place.sshd.target.identity).replace(/client$/, 'other');
      await expect(place.access({ identity }).run(['true'])).rejects.toMatchObject({
        code: 'HOST_DENIED',
        message: expect.stringContaining('it does not take the key of this user'),
      });
    });

    it('tells a command that fails with its words from a connection that does', async () => {
      await place.fail([
        { command: '^vmctl status', do: 'exit', status: 9, stderr: 'vmctl: odd\n', times: 1 },
      ]);
      const access = place.access();
      expect(await access.run(['vmctl', 'status'])).toMatchObject({ status: 9, stderr: 'vmctl: odd\n' });
      await place.fail([{ command: '^vmctl status', do: 'drop', times: 1 }]);
      await expect(access.run(['vmctl', 'status'])).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
      // The next one connects anew.
      expect((await access.run(['id', '-un'])).stdout).toBe('_puffboot\n');
    });

    it('leaves the file as it was when the connection breaks while it is written', async () => {
      const access = place.access();
      await access.write('/etc/vm.conf', 'one\n', { asRoot: true, mode: 0o644 });
      await place.fail([{ command: '^tee', do: 'drop', times: 1 }]);
      const writing = access.write('/etc/vm.conf', 'two\n', { asRoot: true, backup: true });
      await expect(writing).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
      expect(await access.read('/etc/vm.conf')).toBe('one\n');
      await place.fail([{ command: '^tee', do: 'full', times: 1 }]);
      await expect(access.write('/etc/vm.conf', 'two\n', { asRoot: true })).rejects.toThrow(
        'cannot write /etc/vm.conf: tee: /etc/vm.conf.puffboot-new: No space left on device',
      );
      expect(await access.read('/etc/vm.conf')).toBe('one\n');
      await access.write('/etc/vm.conf', 'two\n', { asRoot: true });
      expect((await readdir(join(place.root, 'etc'))).filter((name) => name.includes('-new'))).toEqual([]);
    });

    it('runs more commands at once than sshd takes sessions', async () => {
      const access = place.access();
      const runs = Array.from({ length: 16 }, (_, at) => access.run(['echo', String(at)]));
      expect((await Promise.all(runs)).map(({ stdout }) => stdout)).toEqual(runs.map((_, at) => `${at}\n`));
      const logins = (await place.sshd.log()).match(/Accepted publickey/g) ?? [];
      expect(logins.length).toBeLessThan(16);
    });

    it('logs in anew when its groups have changed', async () => {
      const access = place.access({}, join(place.state, 'anew'));
      const logins = async () => (await place.sshd.log()).match(/Accepted publickey/g)?.length ?? 0;
      await access.run(['true']);
      const before = await logins();
      await access.run(['true']);
      expect(await logins()).toBe(before);
      await access.loginAnew();
      expect(await access.run(['true'])).toMatchObject({ status: 0 });
      expect(await logins()).toBe(before + 1);
    });

    it('finds a short path for its socket', async () => {
      const access = place.access({}, join(place.state, 'x'.repeat(90)));
      expect((await access.run(['echo', 'here'])).stdout).toBe('here\n');
      await access.close();
    });

    it('leaves no socket behind, and takes away what a killed process left', async () => {
      const directory = join(place.state, 'clean');
      const first = place.access({}, directory);
      await first.run(['true']);
      const [socket = ''] = await readdir(directory);
      await first.close();
      expect(await readdir(directory)).toEqual([]);
      await writeFile(join(directory, socket.replace(/\d+$/, '999999999')), '');
      const second = place.access({}, directory);
      expect(await readdir(directory)).toEqual([]);
      await second.close();
    });
  });

  describe('consoles', () => {
    let place: Place;
    beforeAll(async () => {
      place = await openPlace();
    }, 30_000);
    afterAll(() => place.close());

    const textOf = (line: Line): (() => string) => {
      let text = '';
      line.onOutput((bytes) => {
        text += Buffer.from(bytes).toString('latin1');
      });
      return () => text;
    };

    it('all begin when 40 are opened at once', async () => {
      const access = place.access();
      const lines = Array.from({ length: 40 }, (_, at) => access.openConsole(['echo', `console ${at}`]));
      const texts = lines.map(textOf);
      const ends = await Promise.all(lines.map(({ closed }) => closed));
      expect(ends.map(({ exitCode, lost }) => [exitCode, lost])).toEqual(lines.map(() => [0, undefined]));
      expect(texts.map((text) => text().trim())).toEqual(lines.map((_, at) => `console ${at}`));
      expect(await place.sshd.log()).not.toMatch(/drop connection|beginning MaxStartups throttling/i);
    });

    it('carry every byte both ways, a tilde at the start too', async () => {
      const line = place.access().openConsole(['cat', '/etc/myname', '-']);
      const text = textOf(line);
      line.write(Buffer.from("~.\r~~ \x1b[A it's\r\x04"));
      expect(await line.closed).toMatchObject({ exitCode: 0 });
      expect(text()).toContain("~.\r\n~~ ^[[A it's\r\n");
    });

    it('end with the reason when the connection is lost', async () => {
      const line = place.access().openConsole(['sleep', '60']);
      await place.sshd.log();
      await expect
        .poll(
          async () => (await readFile(join(place.root, 'var/log/commands'), 'utf8')).includes('sleep 60'),
          {
            timeout: 10_000,
          },
        )
        .toBe(true);
      await place.sshd.cut();
      expect(await line.closed).toMatchObject({ lost: expect.stringContaining('cannot reach vmm7') });
    });

    it('say so when nobody listens', async () => {
      await place.sshd.stop();
      const line = place.access().openConsole(['echo', 'back']);
      expect(await line.closed).toMatchObject({ lost: expect.stringContaining('nothing listens') });
      await place.sshd.start();
    });

    it('refuse a host whose key has changed', async () => {
      await place.sshd.changeHostKey();
      const access = place.access();
      const words = 'its host key is not the one in known_hosts';
      await expect(access.run(['true'])).rejects.toMatchObject({ code: 'HOST_KEY' });
      expect(await access.openConsole(['true']).closed).toMatchObject({
        lost: expect.stringContaining(words),
      });
    });
  });
});
