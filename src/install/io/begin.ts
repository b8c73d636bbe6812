import { randomBytes } from 'node:crypto';
import type { DialogueFacts } from '../../../console/dialogue.ts';
import { OperatorError } from '../../common/error.ts';
import type { Clock } from '../../common/port.ts';
import type { Config, HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import type { Vm } from '../../inventory/vm.ts';
import type { Install, InstallOrder } from '../install.ts';
import { kill, observe, observeSettled } from './host-steps.ts';

/** @throws OperatorError HOST_NOT_FOUND where puffboot.toml no longer names it */
export function hostOfVm({ hosts }: Config, vm: Vm): HostConfig {
  const host = hosts.find(({ name }) => name === vm.host);
  if (host !== undefined) return host;
  throw new OperatorError('HOST_NOT_FOUND', `${vm.name} is on ${vm.host}, which puffboot.toml does not name`);
}

/** @throws OperatorError HOST_NOT_FOUND, HOST_ELSEWHERE where another node would have to take the install up again */
export function ourHostOf(config: Config, vm: Vm): HostConfig {
  const host = hostOfVm(config, vm);
  if (host.node === config.node) return host;
  throw new OperatorError(
    'HOST_ELSEWHERE',
    `${vm.name} is on ${host.name}, which node ${host.node} drives; this is node ${config.node}`,
  );
}

/**
 * A VM that runs is somebody's, unless its last install did not succeed: then what runs is the installer
 * that was left standing for people to look at, and makes room.
 */
async function clearTheWay(access: HostAccess, vm: Vm, last: Install | null, clock: Clock): Promise<void> {
  const state = await observeSettled(access, vm.name, clock);
  if (state === null || state === 'stopped') return;
  const ours = last !== null && last.way !== 'watch';
  if (!ours || (last.state !== 'failed' && last.state !== 'cancelled')) {
    throw new OperatorError('VM_RUNNING', `${vm.name} is ${state} on ${vm.host}`);
  }
  await kill(access, vm.name, clock);
}

/** An install that waits for its turn. @param now milliseconds since the epoch */
function newInstall(vm: Vm, { mode, way }: InstallOrder, node: string, claim: string, now: number): Install {
  const id = randomBytes(8).toString('hex');
  return {
    id,
    vm: vm.name,
    host: vm.host,
    mode,
    way,
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
    ...newInstall(vm, { mode: last.mode, way: last.way === 'watch' ? 'auto' : last.way }, node, claim, now),
    state: 'standing',
    phases: [{ name: 'standing', at: now }],
  };
}

/** How the driver goes about it. */
export const modeOf = ({ mode, way }: Install): DialogueFacts['mode'] =>
  way !== 'type' ? way : mode === 'install' ? 'type' : 'upgrade';

/** An upgrade that the guest does by itself, from now on watched. */
function watchOf(vm: Vm, node: string, claim: string, now: number): Install {
  const install = newInstall(vm, { mode: 'upgrade', way: 'watch' }, node, claim, now);
  return { ...install, state: 'watching', phases: [{ name: 'watching', at: now }] };
}

/**
 * The install that is ordered, once nothing stands in its way.
 * @throws OperatorError VM_RUNNING, WATCH_REFUSED
 */
export async function installOf(
  order: InstallOrder,
  vm: Vm,
  last: Install | null,
  { access, clock, node, claim }: { access: HostAccess; clock: Clock; node: string; claim: string },
): Promise<Install> {
  if (order.way === 'watch') {
    await mustRun(access, vm, 'WATCH_REFUSED');
    return watchOf(vm, node, claim, clock.now());
  }
  await clearTheWay(access, vm, last, clock);
  return newInstall(vm, order, node, claim, clock.now());
}

/** @throws OperatorError `code` when the VM does not run */
export async function mustRun(
  access: HostAccess,
  { name, host }: Vm,
  code: 'RETRY_REFUSED' | 'WATCH_REFUSED',
): Promise<void> {
  const state = await observe(access, name);
  if (state === 'running') return;
  throw new OperatorError(code, `${name} is ${state ?? 'unknown to vmd'} on ${host}: nothing stands there`);
}
