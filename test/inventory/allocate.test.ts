import { describe, expect, it } from 'vitest';
import type { Ipv4, Lladdr } from '../../src/common/address.ts';
import { type AllocationHost, allocate } from '../../src/inventory/allocate.ts';
import { applyChange } from '../../src/inventory/change.ts';
import type { Retired } from '../../src/inventory/retired.ts';
import { UNSAID, type Vm, type VmOrder } from '../../src/inventory/vm.ts';
import { sampleRetired } from '../contract/retired.ts';

const host = (change: Partial<AllocationHost> = {}): AllocationHost => ({
  name: 'vmm1',
  capacity: 3,
  lladdrPrefix: 'fe:e1:bb:d1:4c',
  firstIpv4: '192.0.2.10' as Ipv4,
  lastIpv4: '192.0.2.49' as Ipv4,
  ipv6Prefix: '2001:db8:0:100::/56',
  vmDefaults: {
    memoryMiB: 1024,
    diskSizesMiB: [20480],
    diskFormat: 'qcow2',
    release: '7.6',
    arch: 'amd64',
    sets: ['-game*'],
    timezone: 'UTC',
    disklabel: null,
    ipv4Method: 'dhcp',
    passwords: false,
  },
  ...change,
});
const VMM2 = host({
  name: 'vmm2',
  lladdrPrefix: 'fe:e1:bb:d1:4d',
  firstIpv4: '192.0.2.50' as Ipv4,
  ipv6Prefix: null,
});

const VMM2_PLACE = {
  id: 1,
  lladdr: 'fe:e1:bb:d1:4d:01' as Lladdr,
  ipv4: '192.0.2.50' as Ipv4,
  ipv6: null,
};

/** What the inventory holds after these names were ordered, each on its host or anywhere. */
function ordered(
  hosts: readonly AllocationHost[],
  orders: readonly (readonly [string, string | null])[],
): readonly Vm[] {
  const existing: Vm[] = [];
  for (const [name, wanted] of orders) existing.push(allocate({ name, host: wanted }, hosts, existing, 0));
  return existing;
}
const anywhere = (names: string) => names.split(' ').map((name) => [name, null] as const);

describe('allocate', () => {
  it('gives the first VM of a host its first id and addresses, and the defaults of the host', () => {
    expect(allocate({ name: 'Web_1.test', host: null }, [host()], [], 1234)).toEqual({
      ...UNSAID,
      name: 'Web_1.test',
      host: 'vmm1',
      id: 1,
      lladdr: 'fe:e1:bb:d1:4c:01',
      ipv4: '192.0.2.10',
      ipv6: '2001:db8:0:100::/64',
      hostName: 'web-1-test',
      owner: null,
      sshKeys: [],
      memoryMiB: 1024,
      diskSizesMiB: [20480],
      diskFormat: 'qcow2',
      release: '7.6',
      arch: 'amd64',
      sets: ['-game*'],
      timezone: 'UTC',
      createdAt: 1234,
    });
  });

  it('takes what the order says over the defaults', () => {
    const order: Required<VmOrder> = {
      name: 'db',
      host: 'vmm2',
      hostName: 'db.example.net',
      owner: 'alice',
      sshKeys: [],
      memoryMiB: 2048,
      diskSizesMiB: [1024, 2048],
      diskFormat: 'raw',
      release: '7.5',
      sets: [],
      timezone: 'Europe/Paris',
      fullName: 'Alice "A" Doe',
      email: 'alice@example.net',
      note: 'prefers tea',
      orderedOn: '2019/09/21',
      paidUntil: '2024-02-29',
      payment: 'bank',
      subscription: 'yearly',
      diskPaths: ['/var/vmm/db.img'],
      disklabel: 'http://192.0.2.1/disklabel',
      ipv4Method: 'static',
      passwords: true,
      installed: true,
    };
    expect(allocate(order, [host(), VMM2], [], 0)).toMatchObject({ ...order, ipv6: null });
  });

  it('counts ids in hexadecimal, IPv4 and /64 on', () => {
    const large = host({ capacity: 254, firstIpv4: '192.0.1.250' as Ipv4 });
    const vms = ordered([large], anywhere(Array.from({ length: 254 }, (_, index) => `vm${index}`).join(' ')));
    expect([vms[15], vms[253]].map((vm) => [vm?.lladdr, vm?.ipv4, vm?.ipv6])).toEqual([
      ['fe:e1:bb:d1:4c:10', '192.0.2.9', '2001:db8:0:10f::/64'],
      ['fe:e1:bb:d1:4c:fe', '192.0.2.247', '2001:db8:0:1fd::/64'],
    ]);
  });

  it('fills the lowest gap', () => {
    const vms = ordered([host()], anywhere('a b c')).filter(({ name }) => name !== 'b');
    expect(allocate({ name: 'd', host: null }, [host()], vms, 0).id).toBe(2);
  });

  it('chooses the host with most room, the first of equals', () => {
    const vms = ordered([host(), VMM2], anywhere('a b c d e'));
    expect(vms.map((vm) => `${vm.host} ${vm.id}`)).toEqual([
      'vmm1 1',
      'vmm2 1',
      'vmm1 2',
      'vmm2 2',
      'vmm1 3',
    ]);
  });

  it('skips an id whose addresses somebody has since the configuration changed', () => {
    const vms = ordered([host()], anywhere('a'));
    const moved = host({ name: 'renamed', firstIpv4: '192.0.2.9' as Ipv4 });
    // Id 1 would get the lladdr of `a`, id 2 its IPv4 address.
    expect(allocate({ name: 'b', host: null }, [moved], vms, 0)).toMatchObject({ id: 3, ipv4: '192.0.2.11' });
  });

  it.each([
    ['a name that is taken', { name: 'a', host: null }, 'VM_EXISTS', 'there is a VM a already'],
    [
      'an unknown host',
      { name: 'x', host: 'nix' },
      'HOST_NOT_FOUND',
      'there is no host "nix"; the hosts are vmm1, vmm2',
    ],
    [
      'a full host',
      { name: 'x', host: 'vmm1' },
      'HOST_FULL',
      'host vmm1 is full: all 3 ids or their addresses are taken',
    ],
    [
      'no room anywhere',
      { name: 'x', host: null },
      'HOST_FULL',
      'no host has room: all 3 ids or their addresses are taken on vmm1, which has most',
    ],
    [
      'a bad order, before a full host, with every rule',
      { name: '-x', host: 'vmm1', memoryMiB: 1 },
      'VM_REFUSED',
      'name must start with a letter (found "-x")\nmemoryMiB must be a whole number from 64 to 131072 (64M to 128G) (found 1)',
    ],
  ])('refuses %s', (_, order, code, message) => {
    const hosts = [host(), VMM2];
    const full = ordered(hosts, anywhere('a b c d e f'));
    expect(() => allocate(order, hosts, full, 0)).toThrowError(expect.objectContaining({ code, message }));
  });
});

describe('what removed VMs had', () => {
  const [a] = ordered([host()], anywhere('a'));
  const next = (change: Partial<Retired>, now: number, hosts = [host()]) =>
    allocate({ name: 'b', host: null }, hosts, [], now, [
      { ...sampleRetired('vm1'), ...a, name: 'a', nics: [], disks: [], heldUntil: 100, ...change } as Retired,
    ]);

  it.each([
    ['is held back', { stage: 'retired' }, 99, 2],
    ['is free when the time is over', { stage: 'retired' }, 100, 1],
    ['is held back for as long as the removal takes', { stage: 'clearing' }, 100, 2],
    ['is held back on its host alone', { stage: 'retired', host: 'vmm2', ...VMM2_PLACE }, 0, 1],
    ['is held back as an address, too', { stage: 'retired', host: 'vmm2', id: 9 }, 0, 2],
  ] as const)('%s', (_, change, now, id) => {
    expect(next(change, now).id).toBe(id);
  });

  it('counts when the host with most room is looked for', () => {
    expect(next({ stage: 'retired' }, 0, [host(), VMM2]).host).toBe('vmm2');
  });

  it('keeps the name as well, until the removal is done', () => {
    expect(() => next({ name: 'b', stage: 'clearing' }, 0)).toThrowError(
      expect.objectContaining({ code: 'VM_EXISTS', message: 'the VM b is still being removed' }),
    );
    expect(next({ name: 'b', stage: 'retired' }, 0).id).toBe(2);
  });
});

describe('applyChange', () => {
  const [vm] = ordered([host()], anywhere('a'));

  it('changes what is named and nothing else', () => {
    if (vm === undefined) throw new Error('no VM');
    expect(applyChange(vm, { memoryMiB: 2048, owner: 'bob' })).toEqual({
      ...vm,
      memoryMiB: 2048,
      owner: 'bob',
    });
  });

  it('refuses what `vm add` would', () => {
    if (vm === undefined) throw new Error('no VM');
    expect(() => applyChange(vm, { owner: 'root', diskSizesMiB: [] })).toThrowError(
      expect.objectContaining({
        code: 'VM_REFUSED',
        message: expect.stringMatching(/^owner .*\ndiskSizesMiB /),
      }),
    );
  });
});
