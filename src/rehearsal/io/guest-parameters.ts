import type { SimulationOptions } from '../options.ts';

/** What the daemon hands to a guest's process, as JSON in its only argument. */
export interface GuestParameters {
  readonly id: number;
  /** Of each interface; the first one is on the network. */
  readonly lladdrs: readonly string[];
  readonly memoryMiB: number;
  /** Images as files of this machine; the first one is the root disk. */
  readonly disks: readonly string[];
  readonly netbooted: boolean;
  /** Has a PXE ROM, which boots in place of `kernel`. */
  readonly rom: boolean;
  /** Kernel of the first boot, as a file of this machine; null boots from the disk. */
  readonly kernel: string | null;
  readonly options: SimulationOptions;
}

export const parseGuestParameters = (json: string): GuestParameters => JSON.parse(json) as GuestParameters;
