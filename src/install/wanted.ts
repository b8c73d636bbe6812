import { APPLIED_FILES, type AppliedFile, type Wanted, type WantedKernel } from '../host/plan/wanted.ts';
import { isScript } from '../host/sensorsd-conf.ts';
import { accountsOf } from '../inventory/accounts.ts';
import type { Retired } from '../inventory/retired.ts';
import type { Vm } from '../inventory/vm.ts';
import { HOST_FILES, type HostScene, privateSwitches, renderHostFile } from './host-files.ts';
import { hostPaths } from './host-paths.ts';
import { type Install, isOpen } from './install.ts';

/** The part of a scene that says which files a host has at all. */
type Place = Pick<HostScene, 'host'>;

/** Whether a file may be wanted on a host; some are kept up to date only where somebody put puffboot's part. */
const IS_WANTED: Readonly<Record<AppliedFile, (place: Place) => boolean>> = {
  'vm.conf': () => true,
  'doas.conf': () => true,
  'dhcpd.conf': ({ host }) => host.dhcp === 'dhcpd',
  'hostname.if': ({ host }) => host.ipv6Prefix !== undefined,
  'pf.conf': () => true,
  sensors: ({ host }) => isScript(HOST_FILES.sensors.path(host)),
  'sensorsd.conf': ({ host }) => isScript(HOST_FILES.sensors.path(host)),
  'httpd.conf': () => true,
};

/** Paths of the files of a host in which a part may be puffboot's. */
export const appliedPaths = (host: HostScene['host']): readonly string[] =>
  APPLIED_FILES.filter((kind) => IS_WANTED[kind]({ host })).map((kind) => HOST_FILES[kind].path(host));

/**
 * What a host is to look like.
 * @param installs the last install of each VM
 * @param retired every VM that is being removed or was, of any host
 * @param sourceOf what is known of the ramdisk kernel of a release
 * @throws OperatorError FILE_REFUSED for a VM that a file cannot hold
 */
export function wantedOf(
  scene: Omit<HostScene, 'stopped'> & { readonly stopped?: ReadonlySet<string> },
  installs: readonly Install[],
  retired: readonly Retired[],
  sourceOf: (release: string, arch: string) => WantedKernel['source'],
): Wanted {
  const { host, vms } = scene;
  const last = new Map(installs.map((install) => [install.vm, install]));
  const idle = vms
    .filter(({ name, installed }) => !hasSystem(last.get(name) ?? null, installed))
    .map(({ name }) => name);
  const complete: HostScene = { ...scene, stopped: new Set([...(scene.stopped ?? []), ...idle]) };
  return {
    host: host.name,
    configDirectory: host.configDirectory,
    diskDirectory: host.diskDirectory,
    groups: { socket: host.socketGroup, own: host.group },
    owners: accountsOf(vms, host.socketGroup),
    leaving: retired.flatMap(({ host: where, stage, owner }) =>
      where === host.name && stage !== 'retired' ? (owner ?? []) : [],
    ),
    removed: retired.filter(({ host: where }) => where === host.name).map(({ name }) => name),
    kernels: kernelsOf(scene, sourceOf),
    disks: vms.flatMap((vm) =>
      hostPaths(host, vm).disks.map((path, index) => {
        return { vm: vm.name, path, sizeMiB: vm.diskSizesMiB[index] ?? 0 };
      }),
    ),
    files: APPLIED_FILES.filter((kind) => IS_WANTED[kind](scene)).map((kind) => {
      const path = HOST_FILES[kind].path(host);
      return { kind, path, block: renderHostFile(kind, complete) };
    }),
    privateInterfaces: privateSwitches(host, vms).map((each) => each.interface),
    gatewayInterface: host.gatewayInterface,
    busy: vms.map(({ name }) => name).filter((name) => isBusy(last.get(name))),
  };
}

/**
 * Whether vmd(8) may start the VM when the host boots: its install reached the login prompt. An upgrade that
 * ended in any way began with a system that booted.
 * @param installed whether it had one before puffboot knew it
 */
export function hasSystem(install: Pick<Install, 'state' | 'mode'> | null, installed: boolean): boolean {
  if (install === null) return installed;
  const ended = install.state === 'failed' || install.state === 'cancelled';
  return install.state === 'running' || (ended && install.mode === 'upgrade');
}

const isBusy = (install: Install | undefined): boolean => install !== undefined && isOpen(install);

function kernelsOf(
  { host, vms }: Pick<HostScene, 'host' | 'vms'>,
  sourceOf: (release: string, arch: string) => WantedKernel['source'],
): readonly WantedKernel[] {
  const byPath = new Map<string, Vm>();
  for (const vm of vms) byPath.set(hostPaths(host, vm).kernel, vm);
  return [...byPath].map(([path, { release, arch }]) => {
    return { path, release, arch, source: sourceOf(release, arch) };
  });
}
