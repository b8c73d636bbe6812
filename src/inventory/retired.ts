import type { PrivateNic, Vm } from './vm.ts';

/** What becomes of the disks of a VM that is removed: moved aside on its host, or overwritten and deleted. */
export const DISK_FATES = ['keep', 'shred'] as const;
export type DiskFate = (typeof DISK_FATES)[number];

/**
 * How far the removal of a VM is: `ordered`, it is still in the inventory and is being stopped; `clearing`, it has
 * left the inventory, and its files are taken off the host; `retired`, done.
 */
export const RETIRE_STAGES = ['ordered', 'clearing', 'retired'] as const;
export type RetireStage = (typeof RETIRE_STAGES)[number];

/** A VM that is removed, or was: with what has to be undone on its host, and what nobody else may get for a while. */
export interface Retired extends Pick<Vm, 'name' | 'host' | 'lladdr' | 'ipv4' | 'ipv6' | 'owner'> {
  /** Names this removal: a VM of the same name may come and go again. */
  readonly key: string;
  /** The VM's number on its host. */
  readonly id: number;
  readonly nics: readonly Pick<PrivateNic, 'lladdr'>[];
  readonly fragment: string;
  readonly disks: readonly string[];
  readonly fate: DiskFate;
  readonly stage: RetireStage;
  /** Milliseconds since the epoch, as all times. */
  readonly orderedAt: number;
  readonly retiredAt: number | null;
  /** Until then its id and addresses are given to nobody. */
  readonly heldUntil: number;
  /** Where its disks lie now. */
  readonly kept: readonly string[];
  /** Why it does not go on at the moment. */
  readonly failure: string | null;
}

/** Whether its id and addresses are still kept from other VMs. */
export const isHeld = ({ stage, heldUntil }: Retired, now: number): boolean =>
  stage !== 'retired' || now < heldUntil;
