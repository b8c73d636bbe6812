import { OperatorError } from '../../common/error.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import { must, refused } from '../../host/io/must.ts';
import { kernelSum } from '../../host/io/observe.ts';
import { putKernel } from '../../host/io/put-kernel.ts';
import { parseStatus, VMCTL, type VmState } from '../../host/vmctl.ts';
import type { Vm } from '../../inventory/vm.ts';
import { fragmentOf } from '../host-files.ts';
import { hostPaths } from '../host-paths.ts';
import { isBlankImage } from './blank-image.ts';
import type { KernelOf } from './kernels.ts';

export interface PrepareParts {
  readonly access: HostAccess;
  readonly host: HostConfig;
  readonly vm: Vm;
  /** What this machine has of the VM's ramdisk kernel. */
  readonly kernelOf: KernelOf;
  readonly log: Log;
}

/**
 * Puts the ramdisk kernel and the VM's missing disks on the host and makes the VM known to vmd(8), stopped
 * and `disable`d. Repeating it changes nothing.
 *
 * @returns whether the root disk holds nothing yet
 * @throws OperatorError HOST_COMMAND, VM_RUNNING, SETS_MISSING, KERNEL_REFUSED, HOST_CHANGED
 */
export async function prepareHost(parts: PrepareParts): Promise<{ readonly freshDisk: boolean }> {
  const { access, host, vm } = parts;
  const state = await observe(access, vm.name);
  if (state !== null && state !== 'stopped') {
    throw new OperatorError('VM_RUNNING', `${vm.name} is ${state} on ${vm.host}`);
  }
  const paths = hostPaths(host, vm);
  await bringKernel(parts, paths.kernel);
  const freshDisk = await bringDisks(access, vm, paths.disks);
  await access.write(paths.fragment, fragmentOf(host, vm), { mode: 0o600 });
  if (state === null) await must(access, VMCTL.load(paths.fragment), { asRoot: true });
  return { freshDisk };
}

/** Verified each time, and copied only where the host has another one. */
async function bringKernel({ access, host, vm, kernelOf, log }: PrepareParts, path: string): Promise<void> {
  const found = await kernelOf(host, vm);
  if (found.kind === 'missing') throw new OperatorError('SETS_MISSING', found.why);
  if (found.kind === 'refused') throw new OperatorError('KERNEL_REFUSED', found.why);
  const { file, sha256, why } = found;
  if (found.kind === 'unsigned' && host.access !== 'rehearsal')
    log.warn('install.kernel-unverified', { vm: vm.name, file, why });
  if ((await kernelSum(access, path)) !== sha256) await putKernel(access, { path, file, sha256 });
}

/** A root disk that an apply made, or a preparation that was interrupted, is as fresh as one that is made now. */
async function bringDisks(access: HostAccess, vm: Vm, disks: readonly string[]): Promise<boolean> {
  let rootIsFresh = false;
  for (const [index, path] of disks.entries()) {
    const { status } = await access.run(['test', '-f', path]);
    if (status !== 0) await must(access, VMCTL.create(path, vm.diskSizesMiB[index] ?? 0));
    if (index === 0) rootIsFresh = status !== 0 || (await isBlankImage(access, path));
  }
  return rootIsFresh;
}

/** @returns null when vmd(8) does not know the VM */
export async function observe(access: HostAccess, name: string): Promise<VmState | null> {
  // vmctl exits 1 with nothing but the header when there is no VM at all, so the text decides.
  const result = await access.run(VMCTL.status);
  if (result.status !== 0 && !/^\s*ID\b/.test(result.stdout)) throw refused(VMCTL.status, result);
  return parseStatus(result.stdout).find((row) => row.name === name)?.state ?? null;
}

/** How often, each half a second, a VM that was ended is looked for before that is a failure. */
const GONE_TRIES = 20;

/**
 * Ends a VM at once, as pulling its plug would. `vmctl stop -w` returns a moment before vmd(8) has put the VM
 * among the stopped ones, and until then it can't be started.
 * @throws OperatorError VM_STUCK, HOST_COMMAND
 */
export async function kill(access: HostAccess, name: string, clock: Clock): Promise<void> {
  if (isDown(await observe(access, name))) return;
  await must(access, VMCTL.kill(name));
  const state = await settled(access, name, (now) => !isDown(now), clock);
  if (!isDown(state)) throw new OperatorError('VM_STUCK', `${name} did not end, although vmctl(8) said so`);
}

/** As `observe`, but a VM that is on its way down may get there first. */
export function observeSettled(access: HostAccess, name: string, clock: Clock): Promise<VmState | null> {
  return settled(access, name, (state) => state === 'stopping', clock);
}

async function settled(
  access: HostAccess,
  name: string,
  unsettled: (state: VmState | null) => boolean,
  clock: Clock,
): Promise<VmState | null> {
  for (let tried = 0; ; tried++) {
    const state = await observe(access, name);
    if (!unsettled(state) || tried === GONE_TRIES) return state;
    await new Promise<void>((resolve) => void clock.timer(clock.now() + 500, resolve));
  }
}

const isDown = (state: VmState | null): boolean => state === null || state === 'stopped';

/**
 * Ends what a lost connection left on the console of a VM: its cu(1) would keep everybody else out until the
 * host notices that nobody is there any more. Only what this user runs is ended.
 */
export async function freeConsole(access: HostAccess, name: string): Promise<void> {
  const { stdout } = await access.run(VMCTL.status);
  const tty = parseStatus(stdout).find((row) => row.name === name)?.tty ?? null;
  if (tty !== null) await access.run(VMCTL.leave(tty));
}
