import type { Retired } from './retired.ts';
import type { Vm, VmChange } from './vm.ts';

/** Where VMs are kept. Asynchronous, so that SQLite in a worker thread and PostgreSQL fit alike. */
export interface VmStore {
  /**
   * In one transaction: hands the VMs that exist to `allocate` and stores what it returns. `allocate` is pure
   * and may throw an OperatorError, which ends the transaction and nothing is stored. Two calls at once never
   * see the same state.
   */
  addVm(allocate: (existing: readonly Vm[], retired: readonly Retired[]) => Vm): Promise<Vm>;
  /** Ordered by host, then id. */
  listVms(): Promise<readonly Vm[]>;
  findVm(name: string): Promise<Vm | null>;
  /** `change` maps the stored VM to the new one inside the transaction. @throws VM_NOT_FOUND */
  updateVm(name: string, change: (vm: Vm) => Vm): Promise<Vm>;
  /**
   * In one transaction: hands the VMs that exist, and those that were removed, to `change`, and stores what it returns, whether new or
   * changed. It may throw an OperatorError, and nothing is stored.
   */
  changeVms(
    change: (existing: readonly Vm[], retired: readonly Retired[]) => readonly Vm[],
  ): Promise<readonly Vm[]>;
}

/** What became of VMs outside of their installs. */
export interface LifeStore {
  /** Whether a VM is to stay stopped when its host boots. @throws VM_NOT_FOUND */
  setStopped(name: string, stopped: boolean): Promise<void>;
  /** Names of the VMs that are to stay stopped. */
  stoppedVms(): Promise<ReadonlySet<string>>;
  /**
   * Stores that a VM is to be removed. From now on it can't be installed.
   * @throws VM_NOT_FOUND, VM_BUSY while an install is open or when it is being removed already
   */
  orderRetirement(retired: Retired): Promise<void>;
  /** Takes the VM out of the inventory, with its installs; the stage becomes `clearing`. Repeating it is harmless. */
  leaveInventory(key: string): Promise<void>;
  saveRetired(retired: Retired): Promise<void>;
  /** Newest last. */
  listRetired(): Promise<readonly Retired[]>;
  /** Ends the holding back of what the VMs of this name had. @throws VM_NOT_FOUND without one that is `retired` */
  forgetRetired(name: string): Promise<void>;
}

export type { Vm, VmChange };
