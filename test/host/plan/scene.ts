import { ownedBlock } from '../../../src/host/owned-block.ts';
import type { Observation } from '../../../src/host/plan/observation.ts';
import type { Wanted } from '../../../src/host/plan/wanted.ts';
import { renderVmConfHost } from '../../../src/host/vm-conf-host.ts';
import type { VmState } from '../../../src/host/vmctl.ts';

export interface SceneVm {
  readonly enabled?: boolean;
  readonly memoryMiB?: number;
}

/** puffboot's part of a vm.conf with these VMs. */
export function vmConfBlock(vms: Readonly<Record<string, SceneVm>>, switchInterface = 'veb0'): string {
  const body = renderVmConfHost({
    socketGroup: 'vmdusers',
    switches: [{ name: 'uplink', interface: switchInterface }],
    staggered: { parallel: 1, delaySeconds: 30 },
    agentx: false,
    vms: Object.entries(vms).map(([name, { enabled = false, memoryMiB = 1024 }], index) => ({
      name,
      memoryMiB,
      disks: [{ path: `/home/vm/${name}-0.qcow2`, format: 'qcow2' as const }],
      nics: [{ switch: 'uplink', lladdr: `fe:e1:bb:d1:4c:0${index + 1}` }],
      owner: null,
      group: '_puffboot',
      enabled,
    })),
  });
  return ownedBlock(body);
}

export const KEY = 'ssh-ed25519 AAAA';
const KERNEL = '/etc/puffboot/bsd.rd-7.6-amd64';

/** A host with one VM, web1, of the owner puffy. */
export function wantedHost(
  change: Partial<Wanted> = {},
  vms: Readonly<Record<string, SceneVm>> = { web1: {} },
): Wanted {
  return {
    host: 'vmm1',
    configDirectory: '/etc/puffboot',
    diskDirectory: '/home/vm',
    groups: { socket: 'vmdusers', own: '_puffboot' },
    owners: [{ login: 'puffy', fullName: 'Puffy the Fish', keys: [KEY] }],
    leaving: [],
    removed: [],
    kernels: [
      {
        release: '7.6',
        arch: 'amd64',
        path: KERNEL,
        source: { kind: 'signed', file: '/sets/bsd.rd', sha256: 'aa' },
      },
    ],
    disks: Object.keys(vms).map((vm) => ({ vm, path: `/home/vm/${vm}-0.qcow2`, sizeMiB: 20_480 })),
    files: [
      { kind: 'vm.conf', path: '/etc/vm.conf', block: vmConfBlock(vms) },
      {
        kind: 'doas.conf',
        path: '/etc/doas.conf',
        block: ownedBlock('permit nopass "puffy" as root cmd pkill\n'),
      },
    ],
    privateInterfaces: [],
    gatewayInterface: 'vport0',
    busy: [],
    ...change,
  };
}

/** A host that is as `wantedHost()` wants it. */
export function settledHost(
  change: Partial<Observation> = {},
  vms: Readonly<Record<string, SceneVm & { readonly state?: VmState }>> = { web1: {} },
): Observation {
  const keys = ownedBlock(`${KEY}\n`);
  return {
    me: { login: '_puffboot', groups: ['_puffboot', 'vmdusers'] },
    files: {
      '/etc/vm.conf': vmConfBlock(vms),
      '/etc/doas.conf': `permit persist :wheel\n${ownedBlock('permit nopass "puffy" as root cmd pkill\n')}`,
    },
    socketGroup: 'vmdusers',
    vms: Object.entries(vms).map(([name, { state = 'stopped' }], index) => ({
      id: index + 1,
      name,
      state,
      pid: null,
      tty: null,
    })),
    groups: [
      { name: '_puffboot', members: ['_puffboot'] },
      { name: 'vmdusers', members: ['_puffboot', 'puffy'] },
    ],
    logins: [
      { name: '_puffboot', comment: '', home: '/var/puffboot', shell: '/sbin/nologin' },
      { name: 'puffy', comment: 'Puffy the Fish,puffboot', home: '/home/puffy', shell: '/bin/ksh' },
    ],
    directories: { '/home/vm': Object.keys(vms).map((name) => `${name}-0.qcow2`) },
    kernels: { [KERNEL]: 'aa' },
    keyFiles: { '/home/puffy/.ssh/authorized_keys': keys },
    interfaces: {},
    services: {},
    pending: {},
    ...change,
  };
}

/** A host that has vmd(8) and puffboot's login, and nothing else. */
export const EMPTY_HOST: Observation = {
  me: { login: '_puffboot', groups: ['_puffboot'] },
  files: { '/etc/vm.conf': null, '/etc/doas.conf': 'permit persist :wheel\n' },
  vms: [],
  socketGroup: 'wheel',
  groups: [{ name: '_puffboot', members: [] }],
  logins: [{ name: '_puffboot', comment: '', home: '/var/puffboot', shell: '/sbin/nologin' }],
  directories: { '/home/vm': null },
  kernels: { [KERNEL]: null },
  keyFiles: {},
  interfaces: {},
  services: {},
  pending: {},
};
