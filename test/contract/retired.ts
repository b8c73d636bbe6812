import { describe, expect, it } from 'vitest';
import type { Lladdr } from '../../src/common/address.ts';
import type { Retired } from '../../src/inventory/retired.ts';
import { code, nextVm, type Open, sampleInstall, sampleVm } from './store.ts';

/** A removal that was just ordered. */
export const sampleRetired = (name: string, change: Partial<Retired> = {}): Retired => {
  const { host, id, lladdr, ipv4, ipv6, owner } = sampleVm(Number(name.replace(/\D/g, '')) || 1);
  return {
    ...{ key: `key of ${name}`, name, host, id, lladdr, ipv4, ipv6, owner },
    nics: [{ lladdr: 'fe:e1:bb:d1:4d:01' as Lladdr }],
    fragment: '/etc/puffboot/"vm".conf',
    disks: ['/home/vm/a b.qcow2'],
    fate: 'keep',
    stage: 'ordered',
    orderedAt: 1,
    retiredAt: null,
    heldUntil: 9,
    kept: [],
    failure: null,
    ...change,
  };
};

/** What every store must do with VMs that are removed. */
export function describeRetired(open: Open): void {
  describe('VMs that are removed', () => {
    it('come back as they were, in the order of their removal, for who opens the data later', async () => {
      const store = await open();
      for (let id = 1; id <= 2; id++) await store.addVm(nextVm);
      const ordered = [sampleRetired('vm2'), sampleRetired('vm1', { ipv6: null, nics: [], owner: 'alice' })];
      for (const retired of ordered) await store.orderRetirement(retired);
      expect(await store.listRetired()).toEqual(ordered);
      const done = sampleRetired('vm2', { stage: 'retired', retiredAt: 7, kept: ['/x'], failure: 'née' });
      await store.saveRetired(done);
      expect(await (await open()).listRetired()).toEqual([done, ordered[1]]);
    });

    it('leave with their installs, once, and allocation is told what they had', async () => {
      const store = await open();
      await store.addVm(nextVm);
      await store.createInstall(sampleInstall('a', { state: 'failed' }));
      await store.orderRetirement(sampleRetired('vm1'));
      await store.leaveInventory('key of vm1');
      await store.leaveInventory('key of vm1');
      await store.leaveInventory('no such key');
      expect([await store.listVms(), await store.latestInstalls()]).toEqual([[], []]);
      const clearing = sampleRetired('vm1', { stage: 'clearing' });
      await store.addVm((existing, retired) => {
        expect([existing, retired]).toEqual([[], [clearing]]);
        return sampleVm(2);
      });
    });

    it('are neither installed nor ordered away twice, nor during an install', async () => {
      const store = await open();
      await expect(store.orderRetirement(sampleRetired('vm1'))).rejects.toThrowError(code('VM_NOT_FOUND'));
      await store.addVm(nextVm);
      await store.createInstall(sampleInstall('a'));
      await expect(store.orderRetirement(sampleRetired('vm1'))).rejects.toThrowError(code('VM_BUSY'));
      await store.saveInstall(sampleInstall('a', { state: 'running' }));
      await store.orderRetirement(sampleRetired('vm1'));
      const again = sampleRetired('vm1', { key: 'another' });
      await expect(store.orderRetirement(again)).rejects.toThrowError(code('VM_BUSY'));
      await expect(store.createInstall(sampleInstall('b'))).rejects.toThrowError(code('VM_BUSY'));
    });

    it('are forgotten only when they are gone', async () => {
      const store = await open();
      await store.addVm(nextVm);
      await store.orderRetirement(sampleRetired('vm1'));
      await expect(store.forgetRetired('vm1')).rejects.toThrowError(code('VM_NOT_FOUND'));
      await store.saveRetired(sampleRetired('vm1', { stage: 'retired' }));
      await store.forgetRetired('vm1');
      expect(await store.listRetired()).toEqual([]);
    });
  });
}
