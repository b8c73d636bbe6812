import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/puffboot.ts';
import type { Rig } from '../support/rig.ts';
import { withVms } from '../support/vms.ts';

/** An install that does not end before somebody answers its question. */
const WAITING = { faults: ['site-asks'] } as const;

const states = async ({ hostStatus }: Rig) =>
  Object.fromEntries((await hostStatus()).map(({ name, state }) => [name, state]));

describe('start, stop and kill', () => {
  it('work on several VMs, one after another, with serve and without it', () =>
    withVms(['a', 'b'], async (rig, run) => {
      const begun = Date.now();
      expect(await run('start', 'a', 'b', '--delay', '1')).toMatchObject({
        status: 0,
        stdout: 'a: started\nb: started\n',
      });
      expect(Date.now() - begun).toBeGreaterThan(1000);
      expect((await run('start', 'a')).stdout).toBe('a: runs already (running)\n');
      expect((await run('stop', 'a')).stdout).toBe('a: stopped\n');
      // A moment after a stop vmd still has the VM: the start is tried again.
      await rig.vmctl('stop', '-fw', 'b');
      expect(await run('start', 'b')).toMatchObject({ status: 0, stdout: 'b: started\n' });
      expect(await states(rig)).toEqual({ a: 'stopped', b: 'running' });
      await rig.add('new');
      await rig.kill();
      expect((await run('start', '--all')).stdout).toBe(
        'a: skipped: was stopped on purpose\nnew: skipped: has no system yet\nb: runs already (running)\n',
      );
      expect(
        (await run('kill', '--all', '--yes', '--json')).stdout
          .split('\n')
          .map((line) => line && JSON.parse(line).state),
      ).toEqual(['done', 'done', 'done', '']);
      expect((await run('start', 'a', '--no-wait')).stderr).toContain('fix: start it with `puffboot serve`');
      expect(await states(rig)).toEqual({ a: 'stopped', b: 'stopped' });
    }));

  it('tell of a VM that does not shut down, and kill it only when told to', () =>
    withVms(
      ['deaf', 'stuck'],
      async (rig, run) => {
        await run('start', '--all', '--delay', '0');
        const late = await run('stop', 'deaf', '--timeout', '1');
        expect([late.status, late.stderr]).toEqual([
          1,
          expect.stringContaining(
            'deaf: failed: deaf on stage did not shut down within 1 s; look at its console',
          ),
        ]);
        expect((await states(rig)).deaf).toBe('stopping');
        expect((await run('stop', 'deaf', '--kill-after', '1')).stdout).toBe(
          'deaf: did not shut down within 1 s: killed\n',
        );
        expect((await run('kill', 'stuck', '--yes')).stdout).toBe(
          'stuck: killed, with the process that had hung\n',
        );
        expect(await states(rig)).toEqual({ deaf: 'stopped', stuck: 'stopped' });
      },
      { hung: ['deaf'], wedged: ['stuck'] },
    ));

  it('say why a VM cannot be started, and wait longer after a crash of the host', () =>
    withVms(
      ['a', 'b', 'c'],
      async (rig, run) => {
        await rig.add('bare');
        const bare = await run('start', 'bare');
        expect([bare.status, bare.stderr]).toEqual([
          1,
          expect.stringMatching(/bare has no disk .*install it first/),
        ]);
        await rig.install('bare');
        for (const action of ['start', 'stop', 'kill'])
          await expect(rig.call('POST', '/power', { action, vms: ['bare'] })).rejects.toMatchObject({
            code: 'VM_BUSY',
            message: expect.stringMatching(/bare: its install is under way \(\w+\); `puffboot cancel bare`/),
          });
        expect((await run('start', 'nix')).stderr).toContain('there is no VM "nix"');
        await rig.call('POST', '/vms/bare/cancel');
        await writeFile(
          join(rig.stage.directory, 'host/var/log/wtmp.txt'),
          'reboot    ~   Mon\nreboot    ~   Sun\n',
        );
        const job = (await rig.call('POST', '/power', { action: 'start', vms: ['a', 'b', 'c'] })) as {
          id: string;
        };
        const path = `/power/${job.id}`;
        const shown = await until(async () => {
          const now = (await rig.call('GET', path)) as { tasks: { note: string }[]; remarks: string[] };
          return now.tasks[1]?.note !== '' && now;
        });
        expect([shown.tasks[1]?.note, shown.remarks]).toEqual([
          'waits 90 s after the one before it',
          [expect.stringContaining('stage did not shut down in order before its last boot')],
        ]);
        await rig.call('DELETE', path);
        await until(async () => {
          const { tasks } = (await rig.call('GET', path)) as { tasks: { state: string }[] };
          return tasks.map(({ state }) => state).join() === 'done,skipped,skipped';
        });
      },
      WAITING,
    ));
});

describe('telemetry of a host', () => {
  it("sees what a VM takes, by the host's own tools", () =>
    withVms(
      ['a'],
      async (rig, run) => {
        await run('start', 'a');
        const text = await until(async () => {
          const answer = await fetch(`${rig.stage.web}/metrics`);
          const metrics = await answer.text();
          return /^puffboot_vm_uptime_seconds\{/m.test(metrics) && metrics;
        });
        expect(text).toMatch(/^puffboot_vm_up\{vm="a",host="stage"\} 1$/m);
        expect(text).toMatch(/^puffboot_vm_memory_bytes\{vm="a",host="stage"\} \d{7,}/m);
      },
      { telemetrySeconds: 1 },
    ));
});
