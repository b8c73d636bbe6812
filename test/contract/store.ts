import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Ipv4, Lladdr } from '../../src/common/address.ts';
import { OperatorError } from '../../src/common/error.ts';
import type { Install, InstallState } from '../../src/install/install.ts';
import type { InstallStore } from '../../src/install/store.ts';
import type { LifeStore, VmStore } from '../../src/inventory/store.ts';
import { UNSAID, type Vm } from '../../src/inventory/vm.ts';
import { describeRetired, sampleRetired } from './retired.ts';

export type StoreUnderTest = VmStore & InstallStore & LifeStore & { close(): Promise<void> };

/** One database, empty at first. */
export interface Data {
  /** A handle of its own on the same data, as another process would have. */
  open(): Promise<StoreUnderTest>;
  remove(): Promise<void>;
}

/** A VM that names its id, as allocation would make it. */
export function sampleVm(id: number, change: Partial<Vm> = {}): Vm {
  return {
    ...UNSAID,
    name: `vm${id}`,
    host: 'vmm1',
    id,
    lladdr: `fe:e1:bb:d1:4c:${id.toString(16).padStart(2, '0')}` as Lladdr,
    ipv4: `192.0.2.${id}` as Ipv4,
    ipv6: `2001:db8:0:${id.toString(16)}::/64`,
    hostName: `vm${id}`,
    owner: null,
    sshKeys: ['ssh-ed25519 AAAA "quoted" Ünï\\code'],
    memoryMiB: 1024,
    diskSizesMiB: [20480, 1],
    diskFormat: 'qcow2',
    release: '7.6',
    arch: 'amd64',
    sets: ['-game*'],
    timezone: 'UTC',
    passwords: true,
    paidUntil: '2024-02-29',
    nics: [
      { network: 'lan', number: 1, lladdr: `fa:e1:bb:d1:4c:${id.toString(16).padStart(2, '0')}` as Lladdr },
    ],
    fileLines: [
      { kind: 'kept', text: '# "quoted" Ünï' },
      { kind: 'field', key: 'name' },
    ],
    createdAt: 1_700_000_000_000 + id,
    ...change,
  };
}

/** The VM after those that exist. */
export const nextVm = (existing: readonly Vm[]): Vm =>
  sampleVm(1 + Math.max(0, ...existing.map((vm) => vm.id)));

export function sampleInstall(id: string, change: Partial<Install> = {}): Install {
  return {
    id,
    vm: 'vm1',
    host: 'vmm1',
    mode: 'install',
    way: 'auto',
    state: 'defined',
    token: `token of ${id}`,
    node: 'local',
    claim: 'first',
    phases: [{ name: 'defined', at: 1_700_000_000_000 }],
    witnesses: { congratulations: null, setsServed: null, installDone: null, login: null },
    failure: null,
    recording: `${id}.cast`,
    freshDisk: false,
    ...change,
  };
}

/** What every store must do, whatever keeps its rows. */
export function describeStore(name: string, makeData: () => Promise<Data>): void {
  describe(name, () => {
    let data: Data;
    const opened: StoreUnderTest[] = [];
    const open = async () => {
      const store = await data.open();
      opened.push(store);
      return store;
    };
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
      await data.remove();
      data = await makeData();
    });
    beforeAll(async () => {
      data = await makeData();
    });
    afterAll(() => data.remove());
    describeVms(open);
    describeInstalls(open);
    describeLife(open);
    describeRetired(open);
  });
}

export type Open = () => Promise<StoreUnderTest>;

export const code = (wanted: string) => expect.objectContaining({ name: 'OperatorError', code: wanted });

function describeVms(open: Open): void {
  describe('VMs', () => {
    it('come back as they were, ordered by host and id', async () => {
      const store = await open();
      const vms = [
        sampleVm(2),
        sampleVm(3, { host: 'a', ipv6: null, owner: 'alice', sshKeys: [] }),
        sampleVm(1),
      ];
      for (const vm of vms) expect(await store.addVm(() => vm)).toEqual(vm);
      expect(await store.listVms()).toEqual([vms[1], vms[2], vms[0]]);
      expect(await store.findVm('vm2')).toEqual(vms[0]);
      expect(await store.findVm("vm2' or 1=1 --")).toBeNull();
    });

    it('are there for who opens the data later', async () => {
      const first = await open();
      await first.addVm(nextVm);
      await first.close();
      expect(await (await open()).listVms()).toEqual([sampleVm(1)]);
    });

    it('are not stored when allocation refuses', async () => {
      const store = await open();
      const refuse = () => {
        throw new OperatorError('HOST_FULL', 'no room');
      };
      await expect(store.addVm(refuse)).rejects.toThrowError(code('HOST_FULL'));
      expect(await store.listVms()).toEqual([]);
      expect(await store.addVm(nextVm)).toEqual(sampleVm(1));
    });

    it.each([
      ['name', { name: 'vm1' }],
      ['place', { id: 1 }],
      ['lladdr', { lladdr: sampleVm(1).lladdr }],
      ['IPv4 address', { ipv4: sampleVm(1).ipv4 }],
      ['/64', { ipv6: sampleVm(1).ipv6 }],
    ])('never have the same %s, whatever allocation says', async (_, change) => {
      const store = await open();
      await store.addVm(nextVm);
      await expect(store.addVm(() => sampleVm(2, change))).rejects.toThrowError();
      expect(await store.listVms()).toEqual([sampleVm(1)]);
    });

    it('never collide when 40 are added at once, through two handles', async () => {
      const stores = [await open(), await open()];
      const adds = Array.from({ length: 40 }, (_, index) => stores[index % 2]?.addVm(nextVm));
      await Promise.all(adds);
      const ids = (await stores[0]?.listVms())?.map((vm) => vm.id);
      expect(ids).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    });

    it('change together or not at all', async () => {
      const store = await open();
      await store.addVm(nextVm);
      const changed = [sampleVm(1, { note: 'changed' }), sampleVm(2)];
      expect(await store.changeVms((existing) => (existing.length === 1 ? changed : []))).toEqual(changed);
      const clash = sampleVm(3, { lladdr: sampleVm(1).lladdr });
      await expect(store.changeVms(() => [sampleVm(1), clash])).rejects.toThrowError();
      const refuse = () => {
        throw new OperatorError('VM_REFUSED', 'no');
      };
      await expect(store.changeVms(refuse)).rejects.toThrowError(code('VM_REFUSED'));
      expect(await store.listVms()).toEqual(changed);
    });

    it('change inside one transaction', async () => {
      const store = await open();
      await store.addVm(nextVm);
      const grow = (vm: Vm) => ({ ...vm, memoryMiB: vm.memoryMiB + 1 });
      await Promise.all(Array.from({ length: 10 }, () => store.updateVm('vm1', grow)));
      expect((await store.findVm('vm1'))?.memoryMiB).toBe(1034);
      await expect(store.updateVm('nix', grow)).rejects.toThrowError(code('VM_NOT_FOUND'));
    });
  });
}

function describeLife(open: Open): void {
  describe('VMs that were stopped on purpose', () => {
    it('are known until they are started, installed or removed', async () => {
      const store = await open();
      for (let id = 1; id <= 3; id++) await store.addVm(nextVm);
      for (const name of ['vm1', 'vm2', 'vm3', 'vm1']) await store.setStopped(name, true);
      expect([...(await (await open()).stoppedVms())].sort()).toEqual(['vm1', 'vm2', 'vm3']);
      await store.setStopped('vm1', false);
      await store.createInstall(sampleInstall('a', { vm: 'vm2' }));
      await store.orderRetirement(sampleRetired('vm3'));
      await store.leaveInventory('key of vm3');
      expect(await store.stoppedVms()).toEqual(new Set());
      await expect(store.setStopped('nix', true)).rejects.toThrowError(code('VM_NOT_FOUND'));
    });
  });
}

function describeInstalls(open: Open): void {
  const openWithVm = async () => {
    const store = await open();
    await store.addVm(nextVm);
    return store;
  };

  describe('installs', () => {
    it('come back as they were', async () => {
      const store = await openWithVm();
      const install = sampleInstall('a', {
        mode: 'upgrade',
        state: 'failed',
        phases: [
          { name: 'defined', at: 1 },
          { name: 'failed', at: 2 },
        ],
        witnesses: { congratulations: 1, setsServed: null, installDone: 2, login: 3 },
        failure: { phase: 'booting', reason: 'no "prompt"', tail: '\u001b[1m>> \n\ufffd', next: 'look' },
        freshDisk: true,
        claim: null,
      });
      await store.createInstall(install);
      expect(await store.latestInstall('vm1')).toEqual(install);
      expect(await store.latestInstall('nix')).toBeNull();
    });

    it('need a VM', async () => {
      const store = await open();
      await expect(store.createInstall(sampleInstall('a'))).rejects.toThrowError(code('VM_NOT_FOUND'));
    });

    it('are open one at a time for each VM', async () => {
      const store = await openWithVm();
      await store.addVm(nextVm);
      const results = await Promise.allSettled(
        ['a', 'b', 'c'].map((id) => store.createInstall(sampleInstall(id))),
      );
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
      await expect(store.createInstall(sampleInstall('d'))).rejects.toThrowError(code('VM_BUSY'));
      await store.createInstall(sampleInstall('e', { vm: 'vm2' }));
    });

    it.each<InstallState>(['running', 'failed', 'cancelled'])('may follow one that is %s', async (state) => {
      const store = await openWithVm();
      await store.createInstall(sampleInstall('z'));
      expect(await store.saveInstall(sampleInstall('z', { state }))).toBe(true);
      await store.createInstall(sampleInstall('a'));
      expect((await store.latestInstall('vm1'))?.id).toBe('a');
      expect((await store.latestInstalls()).map(({ id }) => id)).toEqual(['a']);
    });

    it('are known by the last one that failed, too', async () => {
      const store = await openWithVm();
      await store.addVm(nextVm);
      expect(await store.latestFailures()).toEqual([]);
      for (const [id, state] of [
        ['a', 'failed'],
        ['b', 'failed'],
        ['c', 'running'],
      ] as const) {
        await store.createInstall(sampleInstall(id));
        await store.saveInstall(sampleInstall(id, { state }));
      }
      await store.createInstall(sampleInstall('d', { vm: 'vm2' }));
      expect((await store.latestFailures()).map(({ id }) => id)).toEqual(['b']);
    });

    it('are saved only by who holds the claim', async () => {
      const store = await openWithVm();
      await store.createInstall(sampleInstall('a'));
      expect(await store.saveInstall(sampleInstall('a', { claim: 'other', state: 'armed' }))).toBe(false);
      expect(await store.saveInstall(sampleInstall('a', { claim: null, state: 'armed' }))).toBe(false);
      expect(await store.saveInstall(sampleInstall('nix', { state: 'armed' }))).toBe(false);
      expect(await store.latestInstall('vm1')).toEqual(sampleInstall('a'));
      expect(await store.saveInstall(sampleInstall('a', { state: 'armed' }))).toBe(true);
      expect((await store.latestInstall('vm1'))?.state).toBe('armed');
    });

    it('without a claim are saved as such', async () => {
      const store = await openWithVm();
      await store.createInstall(sampleInstall('a', { claim: null }));
      expect(await store.saveInstall(sampleInstall('a', { claim: null, state: 'armed' }))).toBe(true);
    });

    it('are taken over by a new claim: the open ones of a node, in their order', async () => {
      const store = await openWithVm();
      for (let id = 2; id <= 5; id++) await store.addVm(nextVm);
      const rows: readonly Partial<Install>[] = [
        { vm: 'vm1' },
        { vm: 'vm2', claim: null },
        { vm: 'vm3', state: 'running' },
        { vm: 'vm4', node: 'elsewhere' },
        { vm: 'vm5', claim: 'second' },
      ];
      const installs = rows.map((row, index) => sampleInstall(String(9 - index), row));
      for (const install of installs) await store.createInstall(install);
      const taken = await store.claimInstalls('local', 'second');
      expect(taken.map(({ vm, claim }) => [vm, claim])).toEqual([
        ['vm1', 'second'],
        ['vm2', 'second'],
        ['vm5', 'second'],
      ]);
      expect((await store.latestInstalls()).map(({ claim }) => claim)).toEqual([
        'second',
        'second',
        'first',
        'first',
        'second',
      ]);
      // Who held the claim before finds out at its next step.
      expect(await store.saveInstall(sampleInstall('9', { state: 'armed' }))).toBe(false);
    });
  });
}
