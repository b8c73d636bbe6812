/** What is known of a running VM over time: a ring of samples, and what was counted since the first. */
import type { ProcessReading } from '../host/vm-processes.ts';
import type { VmState, VmStatus } from '../host/vmctl.ts';

/** One look at a VM. */
export interface Reading {
  readonly state: VmState | 'unknown';
  readonly pid: number | null;
  /** Null while it doesn't run. */
  readonly process: ProcessReading | null;
}

/** At most this many samples of one VM, the oldest are overwritten. */
export interface Ring {
  readonly capacity: number;
  readonly at: Float64Array;
  readonly cpu: Float32Array;
  readonly memory: Float32Array;
  /** How many were ever put in. */
  count: number;
}

export interface Track {
  readonly ring: Ring;
  readonly last: Reading | null;
  readonly lastAt: number;
  /** How often its process was another than before: rebooted, or stopped and started. */
  readonly restarts: number;
  /** CPU time of all of its processes that were seen. */
  readonly cpuSecondsTotal: number;
}

/** What pages draw. `null` in a list is a gap: it did not run, or nobody knows. */
export interface Samples {
  readonly intervalSeconds: number;
  /** Milliseconds since the epoch. */
  readonly at: readonly number[];
  /** Percent of one CPU. */
  readonly cpu: readonly (number | null)[];
  readonly memoryMiB: readonly (number | null)[];
}

/** The newest of a VM, for lists. */
export interface VmLoad {
  readonly state: string;
  readonly cpu: number | null;
  readonly memoryMiB: number | null;
  readonly upSeconds: number | null;
  readonly restarts: number;
  /** The last samples' CPU, oldest first. */
  readonly recent: readonly (number | null)[];
}

export function emptyTrack(capacity: number): Track {
  const ring = {
    capacity,
    at: new Float64Array(capacity),
    cpu: new Float32Array(capacity),
    memory: new Float32Array(capacity),
    count: 0,
  };
  return { ring, last: null, lastAt: 0, restarts: 0, cpuSecondsTotal: 0 };
}

/** A VM that vmd(8) does not list is not known to it. */
export function readingOf(
  status: VmStatus | undefined,
  processes: ReadonlyMap<number, ProcessReading>,
): Reading {
  if (status === undefined) return { state: 'unknown', pid: null, process: null };
  const process = status.pid === null ? null : (processes.get(status.pid) ?? null);
  return { state: status.state, pid: status.pid, process };
}

/** The track with one reading more; its ring is written in place. @param now milliseconds since the epoch */
export function observeVm(track: Track, reading: Reading, now: number): Track {
  const spent = cpuSince(track, reading);
  const seconds = (now - track.lastAt) / 1000;
  const cpu = spent === null || track.last === null || seconds <= 0 ? Number.NaN : (spent / seconds) * 100;
  put(track.ring, now, cpu, reading.process?.residentMiB ?? Number.NaN);
  const before = track.last?.pid ?? null;
  const restarted = before !== null && reading.pid !== null && reading.pid !== before;
  return {
    ring: track.ring,
    // A VM that is stopped keeps the pid that it had, so that its next start counts.
    last: reading.pid === null && track.last !== null ? { ...reading, pid: track.last.pid } : reading,
    lastAt: now,
    restarts: track.restarts + (restarted ? 1 : 0),
    cpuSecondsTotal: track.cpuSecondsTotal + (spent ?? 0),
  };
}

/** CPU time since the reading before; a new process began with none. */
function cpuSince({ last }: Track, { pid, process }: Reading): number | null {
  if (process === null) return null;
  const before = last?.pid === pid ? (last?.process?.cpuSeconds ?? 0) : 0;
  return Math.max(0, process.cpuSeconds - before);
}

function put(ring: Ring, at: number, cpu: number, memory: number): void {
  const place = ring.count % ring.capacity;
  ring.at[place] = at;
  ring.cpu[place] = cpu;
  ring.memory[place] = memory;
  ring.count += 1;
}

/** @param most how many samples are wanted, the newest ones */
export function samplesOf({ ring }: Track, intervalSeconds: number, most = ring.capacity): Samples {
  const length = Math.min(ring.count, ring.capacity, most);
  const places = Array.from({ length }, (_, index) => (ring.count - length + index) % ring.capacity);
  const read = (values: Float32Array) =>
    places.map((place) => {
      const value = values[place] ?? Number.NaN;
      return Number.isNaN(value) ? null : Math.round(value * 10) / 10;
    });
  return {
    intervalSeconds,
    at: places.map((place) => ring.at[place] ?? 0),
    cpu: read(ring.cpu),
    memoryMiB: read(ring.memory),
  };
}

/** How many samples a line in a list shows. */
const RECENT = 40;

export function loadOf(track: Track): VmLoad {
  const { cpu, memoryMiB } = samplesOf(track, 0, RECENT);
  return {
    state: track.last?.state ?? 'unknown',
    cpu: cpu.at(-1) ?? null,
    memoryMiB: memoryMiB.at(-1) ?? null,
    upSeconds: track.last?.process?.ageSeconds ?? null,
    restarts: track.restarts,
    recent: cpu,
  };
}

/** Longest pause between two tries to reach a host that is away. */
const LONGEST_SECONDS = 600;

/** When to ask a host again: later each time that it could not be reached. */
export const nextPollSeconds = (intervalSeconds: number, failures: number): number =>
  failures === 0 ? intervalSeconds : Math.min(LONGEST_SECONDS, intervalSeconds * 2 ** Math.min(failures, 10));
