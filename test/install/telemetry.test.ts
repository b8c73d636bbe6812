import { beforeEach, describe, expect, it } from 'vitest';
import { SILENT_LOG } from '../../src/common/port.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { HostAccess } from '../../src/host/access.ts';
import { parseProcesses } from '../../src/host/vm-processes.ts';
import { openMetrics } from '../../src/install/io/metrics.ts';
import { openTelemetry, type Telemetry } from '../../src/install/io/telemetry-service.ts';
import {
  emptyTrack,
  loadOf,
  nextPollSeconds,
  observeVm,
  type Reading,
  samplesOf,
  type Track,
} from '../../src/install/telemetry.ts';
import type { VmStore } from '../../src/inventory/store.ts';
import { sampleVm } from '../contract/store.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FRESH } from '../fakes/install.ts';
import { anInstall, aVm } from '../fakes/operator.ts';

/** `running 7 30 512`: pid, CPU seconds and MiB. */
function reading(text: string): Reading {
  const [state, pid, cpu, memory] = text.split(' ');
  const process =
    cpu === undefined ? null : { cpuSeconds: Number(cpu), residentMiB: Number(memory), ageSeconds: 5 };
  return { state: state as Reading['state'], pid: pid === undefined ? null : Number(pid), process };
}

const watch = (readings: readonly string[], capacity = 10): Track =>
  readings.reduce(
    (track, text, index) => observeVm(track, reading(text), index * 10_000),
    emptyTrack(capacity),
  );

describe('the track of a VM', () => {
  it.each([
    [
      'CPU is what it took between two looks',
      ['running 7 5 100', 'running 7 10 100', 'running 7 10.5 200'],
      [null, 50, 5],
      0,
      10.5,
    ],
    ['a new process began with no CPU time', ['running 7 90 100', 'running 8 2 100'], [null, 20], 1, 92],
    [
      'a stop is a gap',
      ['running 7 1 9', 'stopped', 'stopped', 'running 8 1 9'],
      [null, null, null, 10],
      1,
      2,
    ],
    ['a VM that was never seen to run has not restarted', ['stopped', 'running 8 1 9'], [null, 10], 0, 1],
    ['a clock of ps that runs back is no negative load', ['running 7 5 1', 'running 7 4 1'], [null, 0], 0, 5],
    [
      'a process that ps missed is a gap',
      ['running 7 5 1', 'running 7', 'running 7 6 1'],
      [null, null, 60],
      0,
      11,
    ],
  ])('%s', (_, readings, cpu, restarts, total) => {
    const track = watch(readings);
    expect(samplesOf(track, 10).cpu).toEqual(cpu);
    expect([track.restarts, track.cpuSecondsTotal]).toEqual([restarts, total]);
  });

  it('keeps the newest samples, and no more', () => {
    const track = watch(Array.from({ length: 25 }, (_, index) => `running 7 ${index} ${index}`));
    const { at, memoryMiB } = samplesOf(track, 10);
    expect([at.length, at[0], at.at(-1)]).toEqual([10, 150_000, 240_000]);
    expect(memoryMiB).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
    expect(loadOf(track)).toMatchObject({ state: 'running', cpu: 10, memoryMiB: 24, upSeconds: 5 });
  });

  it.each([
    [30, 0, 30],
    [30, 1, 60],
    [30, 3, 240],
    [30, 50, 600],
  ])('every %d s, after %d failures: in %d s', (interval, failures, seconds) => {
    expect(nextPollSeconds(interval, failures)).toBe(seconds);
  });
});

describe('ps', () => {
  it('is read as OpenBSD and others print it; what is no process is left out', () => {
    const text =
      '  PID   RSS TIME     ELAPSED\n    1   512  0:01.50 3-01:02:03\n   77  2048 01:00:00 04:05\n x 1 2 3\n 8 9\n';
    expect(parseProcesses(text)).toEqual(
      new Map([
        [1, { residentMiB: 0.5, cpuSeconds: 1.5, ageSeconds: 262_923 }],
        [77, { residentMiB: 2, cpuSeconds: 3600, ageSeconds: 245 }],
      ]),
    );
  });
});

const HEADER = '   ID   PID VCPUS  MAXMEM  CURMEM     TTY        OWNER    STATE NAME\n';

describe('the polls of hosts', () => {
  let clock: FakeClock;
  let vms: ReturnType<typeof sampleVm>[];
  let asked: string[];
  let away: Set<string>;
  let telemetry: Telemetry;

  beforeEach(() => {
    clock = new FakeClock();
    [vms, asked, away] = [[sampleVm(1), sampleVm(2, { host: 'vmm2' })], [], new Set()];
    const text = `subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.2" }]
      telemetry = { intervalSeconds = 30 }
      ${[1, 2].map((n) => `[[hosts]]\nname = "vmm${n}"\ncapacity = 9\nlladdrPrefix = "fe:e1:bb:d1:4${n}"\nipv4Range = "192.0.2.${n}0-192.0.2.${n}9"\n`).join('')}`;
    const accessOf = ({ name }: { name: string }) =>
      ({
        run: async ([command = '']) => {
          if (command === 'vmctl') asked.push(`${name}@${clock.now() / 1000}`);
          if (away.has(name)) throw new Error('no route to host');
          const stdout =
            command === 'ps'
              ? `7 1024 0:0${clock.now() / 1e5} 05:00\n`
              : `${HEADER}1 7 1 1G 1M ttyp0 puffy running vm1\n`;
          return { status: 0, stdout, stderr: '' };
        },
      }) as HostAccess;
    const store = { listVms: async () => vms } as unknown as VmStore;
    telemetry = openTelemetry({ config: parseConfig(text, 'test'), store, accessOf, clock, log: SILENT_LOG });
  });

  it('are spread, go on, and find the VMs of each host', async () => {
    await clock.run(65_000);
    expect(asked).toEqual(['vmm1@1', 'vmm2@16', 'vmm1@31', 'vmm2@46', 'vmm1@61']);
    expect([telemetry.load('vm1')?.state, telemetry.load('vm2')?.state, telemetry.load('nix')]).toEqual([
      'running',
      'unknown',
      null,
    ]);
    await telemetry.close();
    await clock.run(100_000);
    expect([asked.length, clock.pending]).toEqual([5, 0]);
  });

  it('come less often where a host is away, and hold up no other', async () => {
    away.add('vmm1');
    await clock.run(200_000);
    expect(asked.filter((each) => each.startsWith('vmm1'))).toEqual(['vmm1@1', 'vmm1@61', 'vmm1@181']);
    expect(asked.filter((each) => each.startsWith('vmm2'))).toHaveLength(7);
    expect(telemetry.hosts()[0]).toMatchObject({ name: 'vmm1', reached: false, failures: 3 });
    away.clear();
    await clock.run(300_000);
    expect(telemetry.hosts()[0]).toMatchObject({ reached: true, failures: 0 });
  });

  it('forget a VM that has left the inventory', async () => {
    await clock.run(20_000);
    vms = [];
    await clock.run(30_000);
    expect([telemetry.samples('vm1'), telemetry.samples('vm2')]).toEqual([null, null]);
  });

  it('are the metrics, with what was counted', async () => {
    await clock.run(65_000);
    const metrics = openMetrics(telemetry);
    metrics.ended({ ...FRESH, state: 'running' });
    metrics.ended({ ...FRESH, state: 'running' });
    const view = aVm({ name: 'vm1', host: 'v"m\\m\n1', install: anInstall({ state: 'defined' }) });
    const text = metrics.render([view]);
    const labels = '{vm="vm1",host="v\\"m\\\\m\\n1"}';
    for (const line of [
      '# TYPE puffboot_vm_up gauge',
      `puffboot_vm_up${labels} 1`,
      `puffboot_vm_memory_bytes${labels} 1048576`,
      `puffboot_vm_memory_limit_bytes${labels} 1073741824`,
      `puffboot_vm_restarts_total${labels} 0`,
      'puffboot_host_up{host="vmm1"} 1',
      'puffboot_installs{state="defined"} 1',
      'puffboot_install_queue{host="v\\"m\\\\m\\n1"} 1',
      'puffboot_installs_ended_total{host="host1",mode="install",outcome="running"} 2',
    ])
      expect(text.split('\n')).toContain(line);
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\\n]|\\["\\n])*",?)+\})? [\d.e+-]+)$/);
  });
});
