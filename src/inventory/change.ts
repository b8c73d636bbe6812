import { refuseBadVm } from './limits.ts';
import type { Vm, VmChange } from './vm.ts';

/** The VM with the change in place. @throws OperatorError VM_REFUSED with every broken rule */
export function applyChange(vm: Vm, change: VmChange): Vm {
  const changed = { ...vm, ...change };
  refuseBadVm(changed);
  return changed;
}
