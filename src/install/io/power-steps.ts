import { OperatorError } from '../../common/error.ts';
import type { Clock } from '../../common/port.ts';
import type { HostConfig } from '../../config/schema.ts';
import type { HostAccess, RunResult } from '../../host/access.ts';
import { VMCTL, type VmState } from '../../host/vmctl.ts';
import { explainVmctl } from '../../host/vmctl-failure.ts';
import type { Vm } from '../../inventory/vm.ts';
import { fragmentOf } from '../host-files.ts';
import { hostPaths } from '../host-paths.ts';
import { observe } from './host-steps.ts';

export interface PowerParts {
  readonly access: HostAccess;
  readonly vm: Pick<Vm, 'name' | 'host'>;
  readonly clock: Clock;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

export interface StartParts extends PowerParts {
  readonly host: HostConfig;
  readonly vm: Vm;
}

/** How long a VM may be neither running nor startable, and how often it is asked. */
const SETTLE_SECONDS = 30;
const ASK_SECONDS = 1;
/** How long a kill may take before the next stronger one. */
const KILL_SECONDS = 10;

/**
 * Starts a VM from its disk and waits until vmd(8) says that it runs. A VM that was stopped a moment ago is tried
 * again for half a minute.
 * @returns what there is to say about it
 * @throws OperatorError VMD_REFUSED, HOST_COMMAND
 */
export async function startVm(parts: StartParts): Promise<string> {
  const { access, vm, clock } = parts;
  const state = await observe(access, vm.name);
  if (isUp(state)) return `runs already (${state})`;
  const [disk = ''] = hostPaths(parts.host, vm).disks;
  if ((await access.run(['test', '-f', disk])).status !== 0) {
    throw new OperatorError('VMD_REFUSED', `${vm.name} has no disk ${disk} on ${vm.host}: install it first`);
  }
  if (state === null) await makeKnown(parts);
  const deadline = clock.now() + SETTLE_SECONDS * 1000;
  for (;;) {
    const { status, stdout, stderr } = await access.run(VMCTL.boot(vm.name));
    if (status === 0) break;
    const { kind, meaning } = explainVmctl('start', stderr + stdout);
    if (kind === 'refused' || clock.now() >= deadline) throw refusedBy(parts, 'start', meaning);
    await pause(parts, ASK_SECONDS);
    if ((await observe(access, vm.name)) === 'running') break;
  }
  if (await reaches(parts, (now) => now === 'running', SETTLE_SECONDS)) return '';
  throw refusedBy(parts, 'start', 'it was started, but ended at once; see its console and /var/log/daemon');
}

/**
 * Asks a VM to shut down and waits for it.
 * @returns what there is to say about it
 * @throws OperatorError VM_STUCK when it does not stop in time; it is not killed unless `killAfter`
 */
export async function stopVm(parts: PowerParts, seconds: number, killAfter: boolean): Promise<string> {
  const { access, vm } = parts;
  const state = await observe(access, vm.name);
  if (isDown(state)) return 'does not run';
  const result = await access.run(VMCTL.stop(vm.name));
  if (result.status !== 0) {
    const { kind, meaning } = explainVmctl('stop', result.stderr + result.stdout);
    if (kind === 'refused') throw refusedBy(parts, 'stop', meaning);
  }
  if (await reaches(parts, isDown, seconds)) return '';
  if (!killAfter) {
    throw new OperatorError('VM_STUCK', `${vm.name} on ${vm.host} did not shut down within ${seconds} s`);
  }
  return `did not shut down within ${seconds} s: ${await killVm(parts)}`;
}

/**
 * Ends a VM at once, as pulling its plug would: by vmctl(8), and where vmd's process for it hangs, by the process.
 * @throws OperatorError VM_STUCK, HOST_COMMAND
 */
export async function killVm(parts: PowerParts): Promise<string> {
  const { access, vm } = parts;
  if (isDown(await observe(access, vm.name))) return 'does not run';
  await access.run(VMCTL.terminate(vm.name));
  if (await reaches(parts, isDown, KILL_SECONDS)) return 'killed';
  const result = await access.run(VMCTL.killProcess(vm.name), { asRoot: true });
  if (await reaches(parts, isDown, KILL_SECONDS)) return 'killed, with the process that had hung';
  const said = saidBy(result);
  throw new OperatorError(
    'VM_STUCK',
    `${vm.name} on ${vm.host} does not end, not even by ${VMCTL.killProcess(vm.name).join(' ')}${said === '' ? '' : ` (${said})`}`,
  );
}

/** vmd(8) forgets what was loaded when it restarts, until a plan puts it into vm.conf. */
async function makeKnown(parts: StartParts): Promise<void> {
  const { access, host, vm } = parts;
  const { fragment } = hostPaths(host, vm);
  await access.write(fragment, fragmentOf(host, vm), { mode: 0o600 });
  const result = await access.run(VMCTL.load(fragment), { asRoot: true });
  if (result.status === 0) return;
  throw refusedBy(parts, 'load', `vmd(8) refuses ${fragment}; /var/log/daemon says why (${saidBy(result)})`);
}

/** Asks until the VM is as wanted. @returns false when it is not within `seconds` */
export async function reaches(
  parts: PowerParts,
  fits: (state: VmState | null) => boolean,
  seconds: number,
): Promise<boolean> {
  const deadline = parts.clock.now() + seconds * 1000;
  for (;;) {
    if (fits(await observe(parts.access, parts.vm.name))) return true;
    if (parts.clock.now() >= deadline) return false;
    await pause(parts, ASK_SECONDS);
  }
}

/** @throws OperatorError POWER_ENDED when it is cut short */
export function pause(
  { clock, signal }: Pick<PowerParts, 'clock' | 'signal'>,
  seconds: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = () => {
      cancel();
      reject(new OperatorError('POWER_ENDED', 'it was not waited for any longer'));
    };
    const cancel = clock.timer(clock.now() + seconds * 1000, () => {
      signal.removeEventListener('abort', ended);
      resolve();
    });
    if (signal.aborted) ended();
    else signal.addEventListener('abort', ended, { once: true });
  });
}

const isUp = (state: VmState | null): boolean =>
  state === 'running' || state === 'paused' || state === 'waiting';
const isDown = (state: VmState | null): boolean => state === null || state === 'stopped';

const saidBy = ({ stdout, stderr }: RunResult): string => (stderr + stdout).trim().split('\n').at(-1) ?? '';

const refusedBy = ({ vm }: PowerParts, what: string, meaning: string): OperatorError =>
  new OperatorError('VMD_REFUSED', `cannot ${what} ${vm.name} on ${vm.host}: ${meaning}`);
