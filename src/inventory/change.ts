import { OperatorError } from '../common/error.ts';
import { refuseBadVm } from './limits.ts';
import type { Vm, VmChange } from './vm.ts';

/** The VM with the change in place. @throws OperatorError VM_REFUSED with every broken rule */
export function applyChange(vm: Vm, change: VmChange): Vm {
  const changed = { ...vm, ...change };
  refuseBadVm(changed);
  const [nic] = vm.nics;
  if (nic !== undefined && changed.owner !== vm.owner) {
    const why = `owner must stay while ${vm.name} is in private network ${nic.network}, whose VMs have one owner`;
    throw new OperatorError('VM_REFUSED', `${why} (\`puffboot net rm ${nic.network} ${vm.name}\`)`);
  }
  return changed;
}
