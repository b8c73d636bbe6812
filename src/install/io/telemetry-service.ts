import { messageOf } from '../../common/error.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { Config, HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import { PROCESSES, parseProcesses } from '../../host/vm-processes.ts';
import { parseStatus, VMCTL } from '../../host/vmctl.ts';
import type { VmStore } from '../../inventory/store.ts';
import {
  emptyTrack,
  loadOf,
  nextPollSeconds,
  observeVm,
  readingOf,
  type Samples,
  samplesOf,
  type Track,
  type VmLoad,
} from '../telemetry.ts';

export interface Telemetry {
  /** Null for a VM that was not seen yet. */
  samples(vm: string): Samples | null;
  load(vm: string): VmLoad | null;
  track(vm: string): Track | null;
  hosts(): readonly HostReading[];
  /** Calls back after each poll of a host. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface HostReading {
  readonly name: string;
  readonly reached: boolean;
  /** How long the last poll took. */
  readonly pollSeconds: number;
  readonly failures: number;
}

export interface TelemetryParts {
  readonly config: Config;
  readonly store: VmStore;
  readonly accessOf: (host: HostConfig) => HostAccess;
  readonly clock: Clock;
  readonly log: Log;
}

/** Hosts asked at once, and how long one may take. */
const AT_ONCE = 8;
const ANSWER_SECONDS = 20;

/** Looks at the VMs of every host of this node again and again. */
export function openTelemetry({ config, store, accessOf, clock, log }: TelemetryParts): Telemetry {
  const { intervalSeconds, samples: capacity } = config.telemetry;
  const tracks = new Map<string, Track>();
  const readings = new Map<string, HostReading>();
  const listeners = new Set<() => void>();
  const timers = new Map<string, () => void>();
  const polls = new Set<Promise<void>>();
  const waiting: HostConfig[] = [];
  let closed = false;

  function later(host: HostConfig, seconds: number): void {
    if (closed) return;
    timers.set(
      host.name,
      clock.timer(clock.now() + seconds * 1000, () => {
        waiting.push(host);
        pump();
      }),
    );
  }

  function pump(): void {
    while (polls.size < AT_ONCE && !closed) {
      const host = waiting.shift();
      if (host === undefined) return;
      const poll = pollHost(host).finally(() => {
        polls.delete(poll);
        pump();
      });
      polls.add(poll);
    }
  }

  async function pollHost(host: HostConfig): Promise<void> {
    const begun = clock.now();
    let failures = 0;
    try {
      await look(host);
    } catch (error) {
      failures = (readings.get(host.name)?.failures ?? 0) + 1;
      if (failures === 1) log.warn('telemetry.away', { host: host.name, error: messageOf(error) });
    }
    const pollSeconds = (clock.now() - begun) / 1000;
    readings.set(host.name, { name: host.name, reached: failures === 0, pollSeconds, failures });
    later(host, nextPollSeconds(intervalSeconds, failures));
    for (const listener of listeners) listener();
  }

  async function look(host: HostConfig): Promise<void> {
    const access = accessOf(host);
    const options = { seconds: ANSWER_SECONDS };
    const [status, processes, vms] = await Promise.all([
      access.run(VMCTL.status, options),
      access.run(PROCESSES, options),
      store.listVms(),
    ]);
    // vmctl exits 1 with the header alone when there is no VM.
    if (status.status !== 0 && !/^\s*ID\b/.test(status.stdout)) throw new Error(status.stderr.trim());
    const rows = new Map(parseStatus(status.stdout).map((row) => [row.name, row]));
    const byPid = parseProcesses(processes.stdout);
    const now = clock.now();
    for (const { name } of vms.filter((vm) => vm.host === host.name)) {
      const track = tracks.get(name) ?? emptyTrack(capacity);
      tracks.set(name, observeVm(track, readingOf(rows.get(name), byPid), now));
    }
    const known = new Set(vms.map(({ name }) => name));
    for (const name of tracks.keys()) if (!known.has(name)) tracks.delete(name);
  }

  const ours = intervalSeconds === 0 ? [] : config.hosts.filter(({ node }) => node === config.node);
  // Spread over one interval, so that not all hosts are asked in the same moment.
  for (const [index, host] of ours.entries()) later(host, 1 + (index * intervalSeconds) / ours.length);

  return {
    samples: (vm) => {
      const track = tracks.get(vm);
      return track === undefined ? null : samplesOf(track, intervalSeconds);
    },
    load: (vm) => {
      const track = tracks.get(vm);
      return track === undefined ? null : loadOf(track);
    },
    track: (vm) => tracks.get(vm) ?? null,
    hosts: () => [...readings.values()],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      for (const cancel of timers.values()) cancel();
      await Promise.allSettled(polls);
    },
  };
}
