import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseStatus } from '../../src/host/vmctl.ts';
import { ENDED } from '../../src/install/install.ts';
import type { VmView } from '../../src/web/operator.ts';
import { eightAtOnce, textFiles, VMS } from '../support/forty.ts';
import { puffboot, until } from '../support/puffboot.ts';
import { type Rig, withRig } from '../support/rig.ts';

/** How often puffboot is killed: a taste of it by default, `PUFFBOOT_TEST_KILLS=200` for the whole. */
const KILLS = Number(process.env.PUFFBOOT_TEST_KILLS ?? 10);
const SEED = Number(process.env.PUFFBOOT_TEST_SEED ?? Date.now() % 1_000_000);
/** The longest that puffboot is left alone: a few kills are spread over as much of the work as many are. */
const PEACE_MS = Math.max(1200, 40_000 / KILLS);

type Victim = 'serve' | 'operate' | 'netboot' | 'command';

describe(`puffboot killed ${KILLS} times at random moments`, () => {
  it(
    'while 40 VMs are imported, applied and installed 8 at a time: each ends once, nothing is lost or half-written',
    () =>
      withRig(0.1, async (rig) => {
        await eightAtOnce(rig);
        const files = await textFiles(join(rig.stage.directory, 'old'));
        const work = { over: false, command: 0 };
        const working = operate(rig, files, work);
        const killed = await killAtRandom(rig, work, randomOf(SEED));
        work.over = true;
        await working;

        // What an operator does in the morning: once more, without anybody in the way.
        await must(rig, ['vm', 'import', '--host', 'stage', ...files]);
        const vms = await allEnded(rig);
        expect(vms.map(({ name }) => name).sort()).toEqual(VMS);
        for (const key of ['lladdr', 'ipv4', 'id'] as const) {
          expect(new Set(vms.map((vm) => vm[key])).size, key).toBe(VMS.length);
        }
        const ends = expectEnded(vms);
        await expectRunning(rig, vms);
        await must(rig, ['apply', '--yes']);
        await expect
          .poll(() => must(rig, ['plan']), { timeout: 60_000, interval: 1000 })
          .toMatch(/^stage: nothing to do\n/);
        await expectWhole(rig);
        process.stdout.write(`killed ${listed(killed)} (seed ${SEED}): ${VMS.length} VMs, ${listed(ends)}\n`);
      }),
    1_200_000,
  );
});

/** @throws Error naming those whose install does not end, and what their consoles said last */
async function allEnded(rig: Rig): Promise<readonly VmView[]> {
  let open: readonly VmView[] = [];
  const ended = until(async () => {
    const all = await vmsOf(rig);
    open = all.filter(isOpen);
    return all.length > 0 && open.length === 0 ? all : null;
  }, 240);
  return ended.catch(async () => {
    const listed = open.map(
      async ({ name, install }) => `${name} ${install?.state}: ${await lastSaid(rig, name)}`,
    );
    throw new Error(`still open:\n${(await Promise.all(listed)).join('\n')}`);
  });
}

/** The end of the VM's latest recordings. */
async function lastSaid(rig: Rig, name: string): Promise<string> {
  const directory = join(rig.stage.directory, 'state/recordings');
  const files = (await readdir(directory)).filter((file) => file.startsWith(`${name}-`));
  const read = files.map(async (file) => {
    const path = join(directory, file);
    return { at: (await stat(path)).mtimeMs, text: await readFile(path, 'utf8') };
  });
  const latest = (await Promise.all(read)).sort((one, other) => one.at - other.at).slice(-3);
  return latest.map(({ text }) => text.slice(-300)).join('\n');
}

interface Work {
  over: boolean;
  /** Process id of the command that runs now; 0 for none. */
  command: number;
}

/** An operator whose every command may fail, and who does it again until all is done; and then installs some anew. */
async function operate(rig: Rig, files: readonly string[], work: Work): Promise<void> {
  const run = async (...argv: readonly string[]) => {
    const onStart = (pid: number) => {
      work.command = pid;
    };
    const { status } = await puffboot([...argv, '-f', rig.stage.configFile], { onStart });
    work.command = 0;
    return status === 0;
  };
  while (!work.over && !(await run('vm', 'import', '--host', 'stage', ...files)));
  while (!work.over && !(await run('apply', '--yes')));
  while (!work.over) {
    const vms = await vmsOf(rig);
    const idle = vms.filter((vm) => vm.install === null || vm.install.state === 'failed');
    for (const { name } of idle) await settle(rig.install(name));
    if (vms.length > 0 && vms.every(({ install }) => install?.state === 'running')) {
      for (const { name } of vms.slice(0, 8)) {
        await rig.vmctl('stop', '-fw', name);
        await settle(rig.install(name));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** @returns how often each was killed */
async function killAtRandom(rig: Rig, work: Work, random: () => number): Promise<Record<Victim, number>> {
  const killed: Record<Victim, number> = { serve: 0, operate: 0, netboot: 0, command: 0 };
  for (let kills = 0; kills < KILLS; kills++) {
    await new Promise((resolve) => setTimeout(resolve, random() * PEACE_MS));
    const dice = random();
    const chosen: Victim =
      dice < 0.4 ? 'serve' : dice < 0.65 ? 'operate' : dice < 0.85 ? 'netboot' : 'command';
    const victim = chosen === 'command' && work.command === 0 ? 'serve' : chosen;
    if (victim === 'serve') {
      // With the parent everything goes.
      await rig.kill();
      await rig.restart();
    } else {
      const pid = victim === 'command' ? work.command : ((await settle(rig.childPid(victim))) ?? 0);
      // It may have ended since.
      if (pid > 0) await settle(Promise.resolve().then(() => process.kill(pid, 'SIGKILL')));
    }
    killed[victim]++;
  }
  return killed;
}

const settle = <T>(work: Promise<T>): Promise<T | null> => work.catch(() => null);
const vmsOf = async (rig: Rig): Promise<readonly VmView[]> =>
  ((await settle(rig.call('GET', '/vms'))) as readonly VmView[] | null) ?? [];
const isOpen = ({ install }: VmView): boolean => install !== null && !ENDED.has(install.state);
const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

async function must({ stage }: Rig, argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await puffboot([...argv, '-f', stage.configFile]);
  expect([argv[0], status, stderr]).toEqual([argv[0], 0, stderr]);
  return stdout;
}

/** Every install ended at a login prompt, or failed with the reason. */
function expectEnded(vms: readonly VmView[]): Readonly<Record<string, number>> {
  const ends: Record<string, number> = {};
  for (const { name, install } of vms) {
    const end = install?.state ?? 'not begun';
    ends[end] = (ends[end] ?? 0) + 1;
    if (end === 'failed') expect(install?.failure?.reason, name).toMatch(/./);
  }
  expect(Object.keys(ends).filter((end) => !['running', 'failed', 'not begun'].includes(end))).toEqual([]);
  return ends;
}

/** What puffboot says of a VM is what its host says. */
async function expectRunning(rig: Rig, vms: readonly VmView[]): Promise<void> {
  const states = new Map(parseStatus(await rig.vmctl('status')).map(({ name, state }) => [name, state]));
  for (const { name, install } of vms) {
    if (install?.state === 'running') expect([name, states.get(name)]).toEqual([name, 'running']);
  }
}

/** No file that the host reads is a part of one. */
async function expectWhole(rig: Rig): Promise<void> {
  const directory = join(rig.stage.directory, 'host/etc/puffboot');
  for (const name of (await readdir(directory)).filter((each) => /^vm\d+\.conf$/.test(each))) {
    const text = await readFile(join(directory, name), 'utf8');
    expect(text.startsWith('vm ') && text.endsWith('}\n'), `${name}:\n${text}`).toBe(true);
  }
  const conf = await readFile(join(rig.stage.directory, 'host/etc/vm.conf'), 'utf8');
  expect(conf.match(/^# BEGIN puffboot/gm)).toHaveLength(1);
  expect(conf.match(/^# END puffboot/gm)).toHaveLength(1);
  expect(conf.match(/^vm /gm)).toHaveLength(VMS.length);
}

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
