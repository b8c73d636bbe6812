import type { Install } from '../../install/install.ts';
import { withoutComment } from '../../inventory/ssh-key.ts';
import type { Vm } from '../../inventory/vm.ts';
import type { InstallView, VmView } from '../operator.ts';

/** A VM as it is shown: without the comments of its keys, which may carry a secret. */
export function vmViewOf(vm: Vm, install: InstallView | null): VmView {
  return { ...vm, sshKeys: vm.sshKeys.map(withoutComment), install };
}

/** An install as the store has it: without the console that only a running `serve` sees. */
export function installViewOf({ id, mode, state, phases, failure }: Install): InstallView {
  return { id, mode, state, phases, failure, progress: null, queue: null, question: null, live: false };
}
