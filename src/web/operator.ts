import type { ConsoleFeed } from '../../console/feed.ts';
import type { Failure, InstallState, PhaseEntry } from '../install/install.ts';
import type { QueuePlace } from '../install/queue.ts';
import type { Samples, VmLoad } from '../install/telemetry.ts';
import type { Vm } from '../inventory/vm.ts';

/** A VM as pages, the control socket and `--json` show it. Plain JSON. */
export type VmView = Vm & {
  readonly install: InstallView | null;
  /** What it takes of its host; null or left out where nobody has looked. */
  readonly load?: VmLoad | null;
};

export interface InstallView {
  readonly id: string;
  readonly mode: 'install' | 'upgrade';
  readonly state: InstallState;
  /** States entered so far, with the time of each (milliseconds since the epoch). */
  readonly phases: readonly PhaseEntry[];
  /** What the console shows being fetched or unpacked, null when nothing is. */
  readonly progress: Progress | null;
  /** Where it stands in its host's queue; null when it doesn't wait, or without a running `serve`. */
  readonly queue: QueuePlace | null;
  /** What the console asks and nothing answers: it waits for a human. Null where it does not. */
  readonly question: Question | null;
  readonly failure: Failure | null;
  /** Is its console held by the driver now? */
  readonly live: boolean;
}

export interface Progress {
  readonly stage: 'fetch' | 'install';
  readonly file: string;
  readonly percent: number;
}

export interface Question {
  /** As it stands on the console. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What the operator web needs of the rest. */
export interface Operator {
  listVms(): Promise<readonly VmView[]>;
  /** Calls back after any VM or install changed; coalesced by the caller. */
  onChange(listener: () => void): () => void;
  /** Null while nothing holds this VM's console and none was held since start. */
  console(vm: string): ConsoleFeed | null;
  /**
   * The console to type at: the one that is held, or one that is opened anew.
   * @throws OperatorError VM_NOT_FOUND, HOST_NOT_FOUND, CONSOLE_REFUSED, CONSOLE_SPAWN
   */
  attach(vm: string): Promise<ConsoleFeed>;
  /** Who keeps this console open beyond its time; null where nobody does. */
  kept(vm: string): string | null;
  /** @param by null: no longer. @throws OperatorError CONSOLE_CLOSED */
  keep(vm: string, by: string | null): void;
  /** What the machine said of the failure of its last install; null where that is not known. */
  evidence?(vm: string): Promise<string | null>;
  /** Null for a VM that nobody has looked at. */
  samples?(vm: string): Samples | null;
  /** For Prometheus. */
  metrics?(): Promise<string>;
}
