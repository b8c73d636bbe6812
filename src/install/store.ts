import type { Install } from './install.ts';

/** Where installs are kept. */
export interface InstallStore {
  /** @throws OperatorError VM_BUSY when the VM has an open install, VM_NOT_FOUND without such a VM */
  createInstall(install: Install): Promise<void>;
  /** Replaces the row, but only while `claim` is still the row's claim. @returns false when it is not */
  saveInstall(install: Install): Promise<boolean>;
  /** Takes every open install of this node whose claim is not `claim`, and returns all open ones of it. */
  claimInstalls(node: string, claim: string): Promise<readonly Install[]>;
  /** The newest install of each VM. */
  latestInstalls(): Promise<readonly Install[]>;
  /** The newest failed install of each VM that has one. */
  latestFailures(): Promise<readonly Install[]>;
  latestInstall(vm: string): Promise<Install | null>;
}
