import { posix } from 'node:path';
import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from '../common/address.ts';
import { OperatorError } from '../common/error.ts';
import type { Config, HostConfig, SubnetConfig } from '../config/schema.ts';
import { renderDhcpdConf } from '../host/dhcpd-conf.ts';
import { renderDoasConf } from '../host/doas-conf.ts';
import { address6, renderHostnameIf } from '../host/hostname-if.ts';
import { renderHttpdConf } from '../host/httpd-conf.ts';
import { ownedBlock } from '../host/owned-block.ts';
import { renderPfConf } from '../host/pf-conf.ts';
import { renderSensorsdConf, renderSensorsScript } from '../host/sensorsd-conf.ts';
import { renderVmConf, type VmConf } from '../host/vm-conf.ts';
import { renderSwitch, renderVmConfHost, type VmSwitch } from '../host/vm-conf-host.ts';
import { type NamedMachine, renderReverse4, renderReverse6, renderZone } from '../host/zone.ts';
import { networksOf } from '../inventory/network.ts';
import type { Vm } from '../inventory/vm.ts';
import { subnetOfAddress } from './catalog.ts';
import { hostPaths } from './host-paths.ts';

/** One host with its VMs, from which all of its files follow. */
export interface HostScene {
  readonly config: Config;
  readonly host: HostConfig;
  /** The VMs of this host and no others. */
  readonly vms: readonly Vm[];
  /** Names of the VMs that vmd(8) is not to start by itself. */
  readonly stopped: ReadonlySet<string>;
  /** Names of the VMs that are to install themselves at their next start. */
  readonly bootNet?: ReadonlySet<string>;
}

interface HostFile {
  /** What it is, for `--help`. */
  readonly about: string;
  readonly comment: '#' | ';';
  /** Where it lies on the host; null: it goes to a name server. */
  path(host: HostConfig): string | null;
  body(scene: HostScene): string;
}

const ZONE_TTL_SECONDS = 3600;

/** Every file that a host's VMs need somewhere, by the name that `puffboot render` knows it by. */
export const HOST_FILES = {
  'vm.conf': {
    about: 'switches, start and VMs for vmd(8)',
    comment: '#',
    path: () => '/etc/vm.conf',
    body: vmConf,
  },
  'dhcpd.conf': {
    about: "subnets and hosts for the base system's dhcpd(8)",
    comment: '#',
    path: () => '/etc/dhcpd.conf',
    body: dhcpdConf,
  },
  'doas.conf': {
    about: 'an owner may kill the hung process of his VM',
    comment: '#',
    path: () => '/etc/doas.conf',
    body: ({ vms }) =>
      renderDoasConf(vms.flatMap(({ name, owner }) => (owner === null ? [] : [{ name, owner }]))),
  },
  'hostname.if': {
    about: "the gateway address of each VM's /64",
    comment: '#',
    path: (host) => `/etc/hostname.${host.gatewayInterface}`,
    body: ({ vms }) => renderHostnameIf(vms.flatMap(({ ipv6 }) => ipv6 ?? [])),
  },
  'pf.conf': {
    about: 'rules for the network of the VMs',
    comment: '#',
    path: () => '/etc/pf.conf',
    body: pfConf,
  },
  'httpd.conf': {
    about: 'the way to boot HTTP where httpd(8) keeps port 80',
    comment: '#',
    path: () => '/etc/httpd.conf',
    body: ({ config, host }) =>
      renderHttpdConf(hostSubnet(config, host).bootAddress, config.netboot.httpPort),
  },
  'sensorsd.conf': {
    about: 'a drive that fails calls the script',
    comment: '#',
    path: () => '/etc/sensorsd.conf',
    body: ({ host }) => renderSensorsdConf(sensorsScript(host)),
  },
  sensors: {
    about: 'the script that sensorsd(8) calls',
    comment: '#',
    path: sensorsScript,
    body: ({ host }) => renderSensorsScript(host.name, host.alarmMail),
  },
  zone: {
    about: 'A and AAAA records',
    comment: ';',
    path: () => null,
    body: (scene) => renderZone(machines(scene), ZONE_TTL_SECONDS),
  },
  'in-addr.arpa': {
    about: 'PTR records of the IPv4 addresses',
    comment: ';',
    path: () => null,
    body: (scene) => renderReverse4(machines(scene), ZONE_TTL_SECONDS),
  },
  'ip6.arpa': {
    about: 'PTR records of the IPv6 addresses',
    comment: ';',
    path: () => null,
    body: (scene) =>
      renderReverse6(
        machines({ ...scene, vms: scene.vms.filter(({ ipv6 }) => ipv6 !== null) }),
        ZONE_TTL_SECONDS,
      ),
  },
} as const satisfies Record<string, HostFile>;

export type HostFileKind = keyof typeof HOST_FILES;

/**
 * One file of a host, between the marker lines.
 * @throws OperatorError FILE_REFUSED for a VM or a host that the file cannot hold
 */
export function renderHostFile(kind: HostFileKind, scene: HostScene): string {
  const { comment, body }: HostFile = HOST_FILES[kind];
  return ownedBlock(body(scene), comment);
}

/**
 * A VM under its complete name: its host name with the domain of its subnet, unless that is complete already.
 * @throws OperatorError FILE_REFUSED where there is no domain
 */
export function namedMachine(config: Config, vm: Vm): NamedMachine {
  const domain = subnetOfAddress(config, vm.ipv4)?.domain;
  const name = vm.hostName.includes('.')
    ? vm.hostName
    : domain === undefined
      ? null
      : `${vm.hostName}.${domain}`;
  if (name === null) {
    throw new OperatorError('FILE_REFUSED', `${vm.name} has no complete name: its subnet has no domain`);
  }
  return { name, ipv4: vm.ipv4, ipv6: vm.ipv6 === null ? null : address6(vm.ipv6, 2) };
}

function sensorsScript(host: HostConfig): string {
  return posix.join(host.configDirectory, 'sensors');
}

const machines = ({ config, vms }: HostScene): readonly NamedMachine[] =>
  vms.map((vm) => namedMachine(config, vm));

function vmConf({ host, vms, stopped, bootNet }: HostScene): string {
  return renderVmConfHost({
    socketGroup: host.socketGroup,
    switches: [{ name: host.switch, interface: host.switchInterface }, ...privateSwitches(host, vms)],
    staggered: { parallel: host.startParallel, delaySeconds: host.startDelaySeconds },
    agentx: host.agentx,
    vms: vms.map((vm) => ({
      ...vmConfOf(host, vm, !stopped.has(vm.name)),
      ...(bootNet?.has(vm.name) && { boot: { kernel: hostPaths(host, vm).kernel } }),
    })),
  });
}

/** The switch of each private network, without an uplink. */
export function privateSwitches(host: HostConfig, vms: readonly Vm[]): readonly VmSwitch[] {
  const [, kind = '', first = ''] = /^([a-z]+)(\d+)$/.exec(host.privateInterface) ?? [];
  return networksOf(vms).map(({ name, number }) => ({
    name,
    interface: `${kind}${Number(first) + number - 1}`,
  }));
}

/**
 * What vmctl(8) loads to make one VM known, stopped and `disable`d: it, and the switches that only its owner's VMs
 * have. vmd(8) keeps a switch that it knows as it is.
 */
export function fragmentOf(host: HostConfig, vm: Vm): string {
  const switches = privateSwitches(host, [vm]).map(renderSwitch);
  return [...switches, renderVmConf(vmConfOf(host, vm, false))].join('\n');
}

/** A VM as vm.conf(5) describes it on its host. */
export function vmConfOf(host: HostConfig, vm: Vm, enabled: boolean): VmConf {
  return {
    name: vm.name,
    memoryMiB: vm.memoryMiB,
    disks: hostPaths(host, vm).disks.map((path) => ({ path, format: vm.diskFormat })),
    nics: [
      { switch: host.switch, lladdr: vm.lladdr },
      ...vm.nics.map(({ network, lladdr }) => ({ switch: network, lladdr })),
    ],
    owner: vm.owner,
    group: host.group,
    enabled,
  };
}

/** A subnet without VMs is declared all the same: dhcpd(8) wants to know every network that it listens on. */
function dhcpdConf({ config, host, vms }: HostScene): string {
  const { bootAddress, domain, ...subnet } = hostSubnet(config, host);
  const hosts = vms.map(({ name, lladdr, ipv4, hostName }) => ({ name, lladdr, address: ipv4, hostName }));
  return renderDhcpdConf([{ ...subnet, domain: domain ?? null, nextServer: bootAddress, hosts }]);
}

function pfConf({ config, host, vms }: HostScene): string {
  const taken = new Set(vms.map(({ ipv4 }) => ipv4));
  return renderPfConf({
    interface: host.gatewayInterface,
    bootAddress: hostSubnet(config, host).bootAddress,
    httpPort: config.netboot.httpPort,
    ipv4: [...taken],
    ipv6: vms.flatMap(({ ipv6 }) => ipv6 ?? []),
    free: {
      ipv4: rangeOf(host).filter((address) => !taken.has(address)),
      ipv6Prefix: host.ipv6Prefix ?? null,
    },
  });
}

function rangeOf({ ipv4Range: { first, last } }: HostConfig): readonly Ipv4[] {
  const from = ipv4ToNumber(first);
  return Array.from({ length: ipv4ToNumber(last) - from + 1 }, (_, index) => ipv4FromNumber(from + index));
}

/** The configuration was checked: every host's range lies in a subnet with a boot address. */
function hostSubnet(config: Config, host: HostConfig): SubnetConfig & { readonly bootAddress: Ipv4 } {
  const subnet = subnetOfAddress(config, host.ipv4Range.first);
  if (subnet?.bootAddress === undefined) {
    throw new OperatorError('FILE_REFUSED', `${host.name} lies in no subnet with a bootAddress`);
  }
  return { ...subnet, bootAddress: subnet.bootAddress };
}
