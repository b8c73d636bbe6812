import { describe, expect, it } from 'vitest';
import { renderVmConf, type VmConf } from '../../src/host/vm-conf.ts';

const vm: VmConf = {
  name: 'web1',
  memoryMiB: 1024,
  disks: [{ path: '/home/vm/web1-0.qcow2', format: 'qcow2' }],
  nics: [{ switch: 'uplink', lladdr: 'fe:e1:bb:d1:4c:01' }],
  owner: 'puffy',
  group: '_puffboot',
};

describe('vm.conf fragment', () => {
  it.each([
    ['one-vm', vm],
    [
      'boot-net-four-nics',
      {
        ...vm,
        boot: { kernel: '/etc/puffboot/bsd.rd-7.6-amd64' },
        nics: [
          ...vm.nics,
          ...[1, 2, 3].map((number) => ({ switch: `lan ${number}`, lladdr: `fa:e1:bb:d1:4c:0${number}` })),
        ],
      },
    ],
    ['no-disk-no-nic', { ...vm, disks: [], nics: [], enabled: true }],
    [
      'two-disks-no-owner',
      {
        ...vm,
        name: 'a'.repeat(63),
        owner: null,
        disks: [...vm.disks, { path: '/home/vm/web1-1.img', format: 'raw' as const }],
      },
    ],
  ])('%s', async (name, input) => {
    await expect(renderVmConf(input)).toMatchFileSnapshot(`../../fixtures/vm-conf/${name}.conf`);
  });

  it.each([
    ['a kernel that is no path', { boot: { kernel: 'bsd.rd' } }],
    ['a kernel with a quote', { boot: { kernel: '/bsd"rd' } }],
    ['a kernel of 128 bytes', { boot: { kernel: `/${'k'.repeat(127)}` } }],
    [
      'five interfaces',
      { nics: Array.from({ length: 5 }, () => ({ switch: 'a', lladdr: 'fe:e1:bb:d1:4c:01' })) },
    ],
    [
      'five disks',
      { disks: Array.from({ length: 5 }, (_, index) => ({ path: `/${index}`, format: 'raw' as const })) },
    ],
  ])('refuses %s', (_, change) => {
    expect(() => renderVmConf({ ...vm, ...change })).toThrowError(
      expect.objectContaining({ code: 'FILE_REFUSED' }),
    );
  });

  it.each(['we"b', 'we\\b', 'we\nb', 'we\0b'])('refuses %j, which vm.conf(5) cannot hold', (name) => {
    expect(() => renderVmConf({ ...vm, name })).toThrowError(/cannot be written/);
  });
});
