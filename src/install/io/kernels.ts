import { type RamdiskKernel, ramdiskKernel, rememberedSums } from '../../../sets/io/kernel.ts';
import type { HostConfig } from '../../config/schema.ts';
import type { Vm } from '../../inventory/vm.ts';

/** What this machine has of the ramdisk kernel that a VM of a host is installed from. */
export type KernelOf = (host: HostConfig, vm: Pick<Vm, 'release' | 'arch'>) => Promise<RamdiskKernel>;

export interface KernelsParts {
  /** Holds pub/OpenBSD/RELEASE/ARCH. */
  readonly root: string;
  /** Where signify(1) keys are looked for. */
  readonly keyDirectories: readonly string[];
}

/**
 * Verifies kernels. Each is read once and not for every VM; its signature is looked at each time, since keys come and
 * go. For a simulated host nothing is verified: its sets are nobody's.
 */
export function openKernels({ root, keyDirectories }: KernelsParts): KernelOf {
  const sumOf = rememberedSums();
  return ({ access }, { release, arch }) =>
    ramdiskKernel({
      root,
      release,
      arch,
      keyDirectories: access === 'rehearsal' ? null : keyDirectories,
      sumOf,
    });
}
