import type { Mode } from '../../netboot/catalog.ts';

/**
 * Where an install stands. Persisted at each change, so that a restart goes on from here.
 * `defined` and `standing` are before the first step, `running` and `failed` and `cancelled` are ends.
 */
export const INSTALL_STATES = [
  'defined', // queued; nothing done yet
  'preparing', // kernel, disks and the vm.conf fragment are put on the host
  'armed', // boot file and response file are being served
  'booting', // vmctl start was given; the ramdisk kernel boots
  'watching', // its console is watched, until somebody runs sysupgrade(8) in the guest
  'standing', // queued to be retried; the installer was left standing, and waits with it
  'retrying', // the console was taken again; autoinstall is started once more where it had failed
  'answering', // the menu came and `a` was typed; the response file is being looked for
  'installing', // autoinstall runs
  'rebooting', // CONGRATULATIONS was seen; disarmed; the VM boots from disk
  'running', // `login:` was seen; the console was let go
  'failed',
  'cancelled',
] as const;
export type InstallState = (typeof INSTALL_STATES)[number];

/**
 * How the installer is answered. `auto`: by its response file. `type`: every question on the console. `watch`: not by
 * us, because the guest upgrades itself.
 */
export const WAYS = ['auto', 'type', 'watch'] as const;
export type Way = (typeof WAYS)[number];

/** What is wanted of a VM. */
export interface InstallOrder {
  readonly mode: Mode;
  readonly way: Way;
}

export interface Install {
  readonly id: string;
  readonly vm: string;
  readonly host: string;
  readonly mode: Mode;
  readonly way: Way;
  readonly state: InstallState;
  /** This arming's secret; see `Armed.token`. */
  readonly token: string;
  /** Which node drives it, and the claim of the process that does: null after a crash has been noticed. */
  readonly node: string;
  readonly claim: string | null;
  /** When each state was entered, in order. Milliseconds since the epoch. */
  readonly phases: readonly PhaseEntry[];
  readonly witnesses: Witnesses;
  /** Of one that is still open: it has been seen, and ends the install once the machine was asked about it. */
  readonly failure: Failure | null;
  /** File name of the recording below the state directory. */
  readonly recording: string;
  /** True when the root disk held nothing as this install was prepared: a system on it is this install's. */
  readonly freshDisk: boolean;
}

export interface PhaseEntry {
  readonly name: InstallState;
  readonly at: number;
}

/** When each witness spoke (milliseconds since the epoch), null where it has not. */
export interface Witnesses {
  readonly congratulations: number | null;
  readonly setsServed: number | null;
  readonly installDone: number | null;
  readonly login: number | null;
}

export interface Failure {
  /** The state in which it happened. */
  readonly phase: InstallState;
  readonly reason: string;
  /** The end of the console, secrets masked. */
  readonly tail: string;
  /** What to do now. */
  readonly next: string;
  /** File beside the recording with what the machine said of it; absent where it could not be asked. */
  readonly evidence?: string;
  /** Why it could not be asked: a clause such as `the machine rebooted`. */
  readonly noEvidence?: string;
  /** The prompt at which the machine was left standing; absent where none was seen. */
  readonly stands?: Standing;
}

export const STANDINGS = ['menu', 'shell', 'ddb'] as const;
export type Standing = (typeof STANDINGS)[number];

/** Beside its recording. */
export const evidencePath = (recording: string): string => recording.replace(/\.cast$/, '.evidence.txt');

export const ENDED: ReadonlySet<InstallState> = new Set(['running', 'failed', 'cancelled']);

/** In these states an install has its VM's console, or is about to. */
export const HOLDS_CONSOLE: ReadonlySet<InstallState> = new Set([
  'armed',
  'booting',
  'watching',
  'retrying',
  'answering',
  'installing',
  'rebooting',
]);

/** In these states an install waits in its host's queue. */
export const WAITING: ReadonlySet<InstallState> = new Set(['defined', 'standing']);

export const isOpen = (install: Install): boolean => !ENDED.has(install.state);
