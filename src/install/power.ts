/**
 * Starting and stopping VMs, one after another on each host: a job is a list of tasks, and says at any moment
 * how far it is.
 */

export type PowerAction = 'start' | 'stop' | 'kill';

export interface PowerOrder {
  readonly action: PowerAction;
  /** Names, or all VMs for which it makes sense. */
  readonly vms: readonly string[] | 'all';
  /** With `all`: only those of this host. */
  readonly host: string | null;
  /** Between two starts on one host; null: what is usual, longer after a crash of the host. */
  readonly delaySeconds: number | null;
  /** How long a VM may take to shut down before that is told as a failure; null: STOP_SECONDS. */
  readonly timeoutSeconds: number | null;
  /** A VM that takes longer than this to shut down is killed; null: never. */
  readonly killAfterSeconds: number | null;
}

/**
 * vmd(8) itself gives a guest 120 s to shut down once it has acknowledged, then ends it; whoever waits longer sees
 * that happen.
 */
export const STOP_SECONDS = 150;
/** Long enough for the first VM's fsck to be over when the next one begins. */
export const START_DELAY_SECONDS = 30;
/** After a crash every VM has to check all of its disks. */
export const UNCLEAN_DELAY_SECONDS = 90;
/** A crash longer ago than this is over: what was to be checked has been checked. */
export const UNCLEAN_FOR_SECONDS = 24 * 3600;

export type PowerState = 'waiting' | 'working' | 'done' | 'failed' | 'skipped';

export interface PowerTask {
  readonly vm: string;
  readonly host: string;
  readonly state: PowerState;
  /** What came of it, or what is waited for; empty where there is nothing to say. */
  readonly note: string;
}

export interface PowerJob {
  readonly id: string;
  readonly action: PowerAction;
  readonly tasks: readonly PowerTask[];
  /** What an operator should know about the whole, such as why it takes longer. */
  readonly remarks: readonly string[];
}

export const isOver = ({ tasks }: PowerJob): boolean =>
  tasks.every(({ state }) => state !== 'waiting' && state !== 'working');

/** How long to wait before the next start on a host, in seconds; a job that starts one VM never waits. */
export function delayOf(order: PowerOrder, unclean: boolean): number {
  if (order.action !== 'start') return 0;
  return order.delaySeconds ?? (unclean ? UNCLEAN_DELAY_SECONDS : START_DELAY_SECONDS);
}

/** Why `start --all` leaves a VM alone; null where it does not. */
export function passedOver({ action, vms }: PowerOrder, stopped: boolean, hasSystem: boolean): string | null {
  if (vms !== 'all' || action !== 'start') return null;
  return stopped ? 'was stopped on purpose' : hasSystem ? null : 'has no system yet';
}

export const DONE_WORDS: Readonly<Record<PowerAction, string>> = {
  start: 'started',
  stop: 'stopped',
  kill: 'killed',
};
