import { randomBytes } from 'node:crypto';
import type { Mode } from '../../../netboot/catalog.ts';
import { OperatorError } from '../../common/error.ts';
import type { Clock } from '../../common/port.ts';
import type { Config, HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import type { Vm } from '../../inventory/vm.ts';
import type { Install } from '../install.ts';
import { kill, observe, observeSettled } from './host-steps.ts';

/** @throws OperatorError HOST_NOT_FOUND where puffboot.toml no longer names it */
export function hostOfVm({ hosts }: Config, vm: Vm): HostConfig {
  const host = hosts.find(({ name }) => name === vm.host);
  if (host !== undefined) return host;
  throw new OperatorError('HOST_NOT_FOUND', `${vm.name} is on ${vm.host}, which puffboot.toml does not name`);
}

/**
 * A VM that runs is somebody's, unless its last install did not succeed: then what runs is the installer
 * that was left standing for people to look at, and makes room.
 */
export async function clearTheWay(
  access: HostAccess,
  vm: Vm,
  last: Install | null,
  clock: Clock,
): Promise<void> {
  const state = await observeSettled(access, vm.name, clock);
  if (state === null || state === 'stopped') return;
  if (last === null || (last.state !== 'failed' && last.state !== 'cancelled')) {
    throw new OperatorError('VM_RUNNING', `${vm.name} is ${state} on ${vm.host}`);
  }
  await kill(access, vm.name, clock);
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

/**
 * A failed install, once more on the machine as it stands: an install of its own, with a token and a recording of its
 * own. What it found on the disk is unknown, so nothing proves a system there but what is still to be seen.
 * @throws OperatorError RETRY_REFUSED where no installer was left standing
 */
export function againOf(last: Install | null, vm: Vm, node: string, claim: string, now: number): Install {
  if (last === null || last.state !== 'failed') {
    const state = last === null ? 'it was never installed' : `its last ${last.mode} is ${last.state}`;
    throw new OperatorError('RETRY_REFUSED', `${vm.name} has no failed install: ${state}`);
  }
  const stands = last.failure?.stands;
  if (stands !== 'menu' && stands !== 'shell') {
    const where = stands === 'ddb' ? 'its kernel stopped in ddb(4)' : 'no menu and no shell was seen';
    throw new OperatorError('RETRY_REFUSED', `the installer of ${vm.name} was not left standing: ${where}`);
  }
  return {
    ...newInstall(vm, last.mode, node, claim, now),
    state: 'retrying',
    phases: [{ name: 'retrying', at: now }],
  };
}

/** @throws OperatorError RETRY_REFUSED when the VM does not run any more */
export async function mustStand(access: HostAccess, { name, host }: Vm): Promise<void> {
  const state = await observe(access, name);
  if (state === 'running') return;
  throw new OperatorError(
    'RETRY_REFUSED',
    `${name} is ${state ?? 'unknown to vmd'} on ${host}: nothing stands there`,
  );
}
