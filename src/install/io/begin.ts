import { randomBytes } from 'node:crypto';
import type { Mode } from '../../../netboot/catalog.ts';
import { OperatorError } from '../../common/error.ts';
import type { HostAccess } from '../../host/access.ts';
import type { Vm } from '../../inventory/vm.ts';
import type { Install } from '../install.ts';
import { kill, observe } from './host-steps.ts';

/**
 * A VM that runs is somebody's, unless its last install did not succeed: then what runs is the installer
 * that was left standing for people to look at, and makes room.
 */
export async function clearTheWay(access: HostAccess, vm: Vm, last: Install | null): Promise<void> {
  const state = await observe(access, vm.name);
  if (state === null || state === 'stopped') return;
  if (last === null || (last.state !== 'failed' && last.state !== 'cancelled')) {
    throw new OperatorError('VM_RUNNING', `${vm.name} is ${state} on ${vm.host}`);
  }
  await kill(access, vm.name);
}

/** An install that waits for its turn. @param now milliseconds since the epoch */
export function newInstall(vm: Vm, mode: Mode, node: string, claim: string, now: number): Install {
  const id = randomBytes(8).toString('hex');
  return {
    id,
    vm: vm.name,
    host: vm.host,
    mode,
    state: 'defined',
    token: randomBytes(24).toString('base64url'),
    node,
    claim,
    phases: [{ name: 'defined', at: now }],
    witnesses: { congratulations: null, setsServed: null, installDone: null, login: null },
    failure: null,
    recording: `${vm.name}-${id}`,
    freshDisk: false,
  };
}
