import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseStatus } from '../../src/host/vmctl.ts';
import { ENDED } from '../../src/install/install.ts';
import type { VmView } from '../../src/web/operator.ts';
import { until } from '../support/puffboot.ts';
import { type Rig, withRig } from '../support/rig.ts';

/** How often puffboot is killed: a taste of it by default, `PUFFBOOT_TEST_KILLS=200` for the whole. */
const KILLS = Number(process.env.PUFFBOOT_TEST_KILLS ?? 12);
const SEED = Number(process.env.PUFFBOOT_TEST_SEED ?? Date.now() % 1_000_000);
const VMS = 40;
const AT_A_TIME = 8;

/** mulberry32: the same moments for the same seed, as far as machines can repeat anything. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

type Victim = 'serve' | 'operate' | 'netboot';

/** The parent most often: with it everything goes. */
async function kill(rig: Rig, victim: Victim): Promise<void> {
  if (victim === 'serve') {
    await rig.kill();
    await rig.restart();
    return;
  }
  const pid = await rig.childPid(victim);
  if (pid > 0) process.kill(pid, 'SIGKILL');
}

const settle = <T>(work: Promise<T>): Promise<T | null> => work.catch(() => null);
const vmsOf = async (rig: Rig): Promise<readonly VmView[]> =>
  ((await settle(rig.call('GET', '/vms'))) as readonly VmView[] | null) ?? [];
const isOpen = ({ install }: VmView): boolean => install !== null && !ENDED.has(install.state);

/** Adds VMs and orders installs as an operator would whose orders are now and then lost. */
async function order(rig: Rig, names: readonly string[], acknowledged: Set<string>): Promise<void> {
  const known = await vmsOf(rig);
  const missing = names.filter((name) => !known.some((vm) => vm.name === name));
  for (const name of missing.slice(0, 4)) {
    if ((await settle(rig.add(name))) !== null) acknowledged.add(name);
  }
  const free = AT_A_TIME - known.filter(isOpen).length;
  const ready = known.filter((vm) => vm.install === null || vm.install.state === 'failed');
  for (const vm of ready.slice(0, Math.max(0, free))) await settle(rig.install(vm.name));
}

describe(`puffboot killed ${KILLS} times at random moments`, () => {
  it(
    `while ${AT_A_TIME} of ${VMS} VMs are being installed: each ends once, nothing is lost or half-written`,
    () =>
      withRig(0.1, async (rig) => {
        const random = randomOf(SEED);
        const names = Array.from({ length: VMS }, (_, index) => `vm${index + 1}`);
        const acknowledged = new Set<string>();
        const killed: Record<Victim, number> = { serve: 0, operate: 0, netboot: 0 };
        for (let kills = 0; kills < KILLS; kills++) {
          await order(rig, names, acknowledged);
          await new Promise((resolve) => setTimeout(resolve, random() * 700));
          const dice = random();
          const victim = dice < 0.5 ? 'serve' : dice < 0.75 ? 'operate' : 'netboot';
          await kill(rig, victim);
          killed[victim]++;
        }
        const vms = await until(async () => {
          const all = await vmsOf(rig);
          return all.length > 0 && !all.some(isOpen) ? all : null;
        }, 240);

        // Nothing that was acknowledged is lost, and no address is given twice.
        for (const name of acknowledged) expect(vms.map((vm) => vm.name)).toContain(name);
        for (const key of ['lladdr', 'ipv4', 'id'] as const) {
          expect(new Set(vms.map((vm) => vm[key])).size, key).toBe(vms.length);
        }
        // Every install ended at a login prompt, or failed with the reason.
        const ends: Record<string, number> = {};
        for (const { name, install } of vms) {
          const end = install === null ? 'not begun' : install.state;
          ends[end] = (ends[end] ?? 0) + 1;
          if (install?.state === 'failed') expect(install.failure?.reason, name).toMatch(/./);
        }
        expect(Object.keys(ends).filter((end) => !['running', 'failed', 'not begun'].includes(end))).toEqual(
          [],
        );
        await expectRunning(rig, vms);
        await expectWhole(rig);
        process.stdout.write(
          `killed ${KILLS} times (${Object.entries(killed)
            .map(([name, count]) => `${name} ${count}`)
            .join(', ')}; seed ${SEED}): ` +
            `${vms.length} VMs, ${Object.entries(ends)
              .map(([end, count]) => `${count} ${end}`)
              .join(', ')}\n`,
        );
      }),
    900_000,
  );
});

/** What puffboot says of a VM is what its host says. */
async function expectRunning(rig: Rig, vms: readonly VmView[]): Promise<void> {
  const states = new Map(parseStatus(await rig.vmctl('status')).map(({ name, state }) => [name, state]));
  for (const { name, install } of vms) {
    if (install?.state === 'running') expect([name, states.get(name)]).toEqual([name, 'running']);
  }
}

/** No file on the host is a part of one, or a draft that somebody left. */
async function expectWhole(rig: Rig): Promise<void> {
  const directory = join(rig.stage.directory, 'host/etc/puffboot');
  for (const name of await readdir(directory)) {
    expect(name).toMatch(/^(vm\d+\.conf|bsd\.rd-7\.6-amd64|[^.]+\.[0-9a-f]{12})$/);
    if (!name.endsWith('.conf')) continue;
    const text = await readFile(join(directory, name), 'utf8');
    expect(text.startsWith('vm ') && text.endsWith('}\n'), `${name}:\n${text}`).toBe(true);
  }
}
