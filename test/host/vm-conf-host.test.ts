import { describe, expect, it } from 'vitest';
import type { VmConf } from '../../src/host/vm-conf.ts';
import { renderVmConfHost, type VmConfHost } from '../../src/host/vm-conf-host.ts';
import { parseVmConf } from '../../src/rehearsal/vm-conf.ts';

const web: VmConf = {
  name: 'web1',
  memoryMiB: 1024,
  disks: [{ path: '/home/vm/web1-0.qcow2', format: 'qcow2' }],
  nics: [{ switch: 'uplink', lladdr: 'fe:e1:bb:d1:4c:01' }],
  owner: 'puffy',
  group: '_puffboot',
  enabled: true,
};
const longest: VmConf = {
  ...web,
  name: 'a'.repeat(63),
  memoryMiB: 1536,
  disks: [
    { path: `/home/vm/${'a'.repeat(63)}-0.img`, format: 'raw' },
    { path: '/data/second disk.qcow2', format: 'qcow2' },
  ],
  nics: [
    { switch: 'uplink', lladdr: 'fe:e1:bb:d1:4c:02' },
    { switch: 'private.1', lladdr: 'fe:e1:bb:d1:4c:82' },
  ],
  owner: null,
  enabled: false,
};
const host: VmConfHost = {
  socketGroup: 'vmdusers',
  switches: [{ name: 'uplink', interface: 'veb0' }],
  staggered: { parallel: 1, delaySeconds: 30 },
  agentx: false,
  vms: [web],
};
const awkward: VmConfHost = {
  ...host,
  switches: [...host.switches, { name: 'private.1', interface: 'bridge1' }],
  vms: [
    { ...web, name: 'web.1', disks: [], nics: [{ switch: 'uplink', lladdr: 'fe:e1:bb:d1:4c:03' }] },
    longest,
  ],
};

describe('vm.conf of a host', () => {
  it.each([
    ['host', host],
    ['host-without-vms', { ...host, vms: [] }],
    ['host-awkward', awkward],
    ['host-agentx', { ...host, agentx: true, staggered: { parallel: 2, delaySeconds: 90 } }],
  ])('%s', async (name, input) => {
    await expect(renderVmConfHost(input)).toMatchFileSnapshot(`../../fixtures/vm-conf/${name}.conf`);
  });

  it('is read back as it was meant', () => {
    const read = parseVmConf(renderVmConfHost(awkward), 'vm.conf', () => true);
    expect(read).toMatchObject({
      conf: {
        switches: ['uplink', 'private.1'],
        vms: [
          { name: 'web.1', disabled: false, owner: 'puffy:_puffboot', disks: [] },
          { name: longest.name, disabled: true, owner: ':_puffboot', memoryMiB: 1536, kernel: null },
        ],
      },
    });
  });

  const vm = (change: Partial<VmConf>): VmConfHost => ({ ...host, vms: [{ ...web, ...change }] });
  it.each<[string, VmConfHost, string]>([
    ['two VMs of one name', { ...host, vms: [web, web] }, 'two VMs'],
    ['two VMs of one lladdr', { ...host, vms: [web, { ...web, name: 'web2' }] }, 'two lladdrs'],
    ['a switch that is not there', { ...host, switches: [] }, 'no switch'],
    [
      'a switch on another interface',
      { ...host, switches: [{ name: 'uplink', interface: 'em0' }] },
      'veb(4)',
    ],
    ['a switch without a number', { ...host, switches: [{ name: 'uplink', interface: 'veb' }] }, 'interface'],
    ['an empty socket group', { ...host, socketGroup: '' }, 'no group'],
    ['no delay', { ...host, staggered: { parallel: 1, delaySeconds: 0 } }, 'delaySeconds'],
    ['a name of 64 characters', vm({ name: 'a'.repeat(64) }), 'up to 62'],
    ['a name of digits', vm({ name: '7' }), 'a letter'],
    ['five disks', vm({ disks: Array(5).fill(web.disks[0]) }), 'four disks'],
    ['five interfaces', vm({ nics: Array(5).fill(web.nics[0]) }), 'four interfaces'],
    ['a path of 128 bytes', vm({ disks: [{ path: `/${'a'.repeat(127)}`, format: 'raw' }] }), '127 bytes'],
    ['a path that is not absolute', vm({ disks: [{ path: 'disk.img', format: 'raw' }] }), 'absolute'],
    ['a quote in a path', vm({ disks: [{ path: '/a"b', format: 'raw' }] }), 'no quote'],
    ['an lladdr with words behind it', vm({ nics: [{ switch: 'uplink', lladdr: 'fe:e1 }' }] }), 'no lladdr'],
    ['half a MiB', vm({ memoryMiB: 0.5 }), 'whole number'],
    ['an owner with a brace', vm({ owner: 'puffy }' }), 'no login'],
    ['a group that ends in a digit', vm({ group: 'vm1' }), 'no group'],
  ])('refuses %s', (_, input, message) => {
    expect(() => renderVmConfHost(input)).toThrowError(
      expect.objectContaining({ code: 'FILE_REFUSED', message: expect.stringContaining(message) }),
    );
  });
});
