import { posix } from 'node:path';
import type { HostConfig } from '../config/schema.ts';
import type { Vm } from '../inventory/vm.ts';

/** Where things of one VM lie on its host. */
export interface HostPaths {
  readonly kernel: string;
  readonly fragment: string;
  readonly disks: readonly string[];
}

export function hostPaths(host: HostConfig, vm: Vm): HostPaths {
  const extension = vm.diskFormat === 'qcow2' ? 'qcow2' : 'img';
  return {
    kernel: posix.join(host.configDirectory, `bsd.rd-${vm.release}-${vm.arch}`),
    fragment: posix.join(host.configDirectory, `${vm.name}.conf`),
    disks: vm.diskSizesMiB.map(
      (_, index) => vm.diskPaths[index] ?? posix.join(host.diskDirectory, `${vm.name}-${index}.${extension}`),
    ),
  };
}
