import type { BootEvent } from '../../../netboot/catalog.ts';
import { type Family, renderMetrics } from '../../web/metrics.ts';
import type { VmView } from '../../web/operator.ts';
import { ENDED, INSTALL_STATES, type Install, WAITING } from '../install.ts';
import type { Telemetry } from './telemetry-service.ts';

export interface Metrics {
  /** Counts an install that ended. */
  ended(install: Install): void;
  /** Counts what a boot server did. */
  booted(event: BootEvent): void;
  /** The page that a scraper reads. */
  render(vms: readonly VmView[]): string;
}

type Labels = Readonly<Record<string, string>>;

/** @param telemetry what is known of hosts and VMs */
export function openMetrics(telemetry: Telemetry): Metrics {
  const ends = new Map<string, { readonly labels: Labels; count: number }>();
  const boots = new Map<string, { readonly labels: Labels; count: number }>();
  const add = (counts: typeof ends, labels: Labels) => {
    const key = JSON.stringify(labels);
    const entry = counts.get(key) ?? { labels, count: 0 };
    entry.count += 1;
    counts.set(key, entry);
  };
  const valuesOf = (counts: typeof ends) =>
    [...counts.values()].map(({ labels, count }) => [labels, count] as const);

  return {
    ended: ({ host, mode, state }) => add(ends, { host, mode, outcome: state }),
    booted: ({ kind }) => add(boots, { kind }),
    render: (vms) =>
      renderMetrics([
        ...hostFamilies(telemetry),
        ...vmFamilies(telemetry, vms),
        ...installFamilies(vms),
        counter(
          'puffboot_installs_ended_total',
          'Installs and upgrades that ended since start.',
          valuesOf(ends),
        ),
        counter(
          'puffboot_boot_events_total',
          'What DHCP, TFTP and boot HTTP did since start.',
          valuesOf(boots),
        ),
        ...processFamilies(),
      ]),
  };
}

function hostFamilies(telemetry: Telemetry): readonly Family[] {
  const hosts = telemetry.hosts();
  return [
    gauge(
      'puffboot_host_up',
      'Whether the host answered when it was asked last.',
      hosts.map(({ name, reached }) => [{ host: name }, reached ? 1 : 0]),
    ),
    gauge(
      'puffboot_host_poll_seconds',
      'How long the last poll of the host took.',
      hosts.map(({ name, pollSeconds }) => [{ host: name }, pollSeconds]),
    ),
  ];
}

function vmFamilies(telemetry: Telemetry, vms: readonly VmView[]): readonly Family[] {
  const seen = vms.flatMap(({ name, host, memoryMiB }) => {
    const [track, load] = [telemetry.track(name), telemetry.load(name)];
    return track === null || load === null ? [] : [{ labels: { vm: name, host }, memoryMiB, track, load }];
  });
  type Seen = (typeof seen)[number];
  const values = (of: (vm: Seen) => number | null) =>
    seen.flatMap((vm) => {
      const value = of(vm);
      return value === null ? [] : [[vm.labels, value] as const];
    });
  return [
    gauge(
      'puffboot_vm_up',
      'Whether vmd(8) says that the VM runs.',
      values(({ load }) => (load.state === 'running' ? 1 : 0)),
    ),
    counter(
      'puffboot_vm_cpu_seconds_total',
      "CPU time of the VM's processes.",
      values(({ track }) => track.cpuSecondsTotal),
    ),
    gauge(
      'puffboot_vm_memory_bytes',
      'Memory of the host that the VM has touched.',
      values(({ load }) => (load.memoryMiB === null ? null : load.memoryMiB * 2 ** 20)),
    ),
    gauge(
      'puffboot_vm_memory_limit_bytes',
      'Memory that the VM was given.',
      values(({ memoryMiB }) => memoryMiB * 2 ** 20),
    ),
    gauge(
      'puffboot_vm_uptime_seconds',
      "Age of the VM's process.",
      values(({ load }) => load.upSeconds),
    ),
    counter(
      'puffboot_vm_restarts_total',
      'How often the VM was seen with another process.',
      values(({ track }) => track.restarts),
    ),
  ];
}

function installFamilies(vms: readonly VmView[]): readonly Family[] {
  const count = (fits: (vm: VmView) => boolean) => vms.filter(fits).length;
  return [
    gauge(
      'puffboot_installs',
      'VMs by the state of their last install.',
      INSTALL_STATES.map((state) => [{ state }, count(({ install }) => install?.state === state)]),
    ),
    gauge(
      'puffboot_install_queue',
      'Installs that wait for their turn.',
      [...new Set(vms.map(({ host }) => host))].map((host) => [
        { host },
        count((vm) => vm.host === host && vm.install != null && WAITING.has(vm.install.state)),
      ]),
    ),
    gauge('puffboot_installs_open', 'Installs that are under way or wait.', [
      [{}, count(({ install }) => install !== null && !ENDED.has(install.state))],
    ]),
  ];
}

function processFamilies(): readonly Family[] {
  const { user, system } = process.cpuUsage();
  return [
    counter('process_cpu_seconds_total', 'CPU time of the operate process.', [[{}, (user + system) / 1e6]]),
    gauge('process_resident_memory_bytes', 'Memory of the operate process.', [
      [{}, process.memoryUsage.rss()],
    ]),
  ];
}

const gauge = (name: string, help: string, values: Family['values']): Family => ({
  name,
  help,
  type: 'gauge',
  values,
});
const counter = (name: string, help: string, values: Family['values']): Family => ({
  name,
  help,
  type: 'counter',
  values,
});
