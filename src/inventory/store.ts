import type { Vm, VmChange } from './vm.ts';

/** Where VMs are kept. Asynchronous, so that SQLite in a worker thread and PostgreSQL fit alike. */
export interface VmStore {
  /**
   * In one transaction: hands the VMs that exist to `allocate` and stores what it returns. `allocate` is pure
   * and may throw an OperatorError, which ends the transaction and nothing is stored. Two calls at once never
   * see the same state.
   */
  addVm(allocate: (existing: readonly Vm[]) => Vm): Promise<Vm>;
  /** Ordered by host, then id. */
  listVms(): Promise<readonly Vm[]>;
  findVm(name: string): Promise<Vm | null>;
  /** `change` maps the stored VM to the new one inside the transaction. @throws VM_NOT_FOUND */
  updateVm(name: string, change: (vm: Vm) => Vm): Promise<Vm>;
  /**
   * In one transaction: hands the VMs that exist to `change`, and stores what it returns, whether new or
   * changed. It may throw an OperatorError, and nothing is stored.
   */
  changeVms(change: (existing: readonly Vm[]) => readonly Vm[]): Promise<readonly Vm[]>;
  /** Removes the VM and its ended installs. @throws VM_NOT_FOUND, VM_BUSY while an install is open */
  removeVm(name: string): Promise<Vm>;
}

/** What became of VMs outside of their installs. */
export interface LifeStore {
  /** Whether a VM is to stay stopped when its host boots. @throws VM_NOT_FOUND */
  setStopped(name: string, stopped: boolean): Promise<void>;
  /** Names of the VMs that are to stay stopped. */
  stoppedVms(): Promise<ReadonlySet<string>>;
}

export type { Vm, VmChange };
