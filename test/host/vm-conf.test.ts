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

  it.each(['we"b', 'we\\b', 'we\nb', 'we\0b'])('refuses %j, which vm.conf(5) cannot hold', (name) => {
    expect(() => renderVmConf({ ...vm, name })).toThrowError(/cannot be written/);
  });
});
