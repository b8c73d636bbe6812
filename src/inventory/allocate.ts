import ipaddr from 'ipaddr.js';
import { type Ipv4, ipv4FromNumber, ipv4ToNumber, type Lladdr } from '../common/address.ts';
import { OperatorError } from '../common/error.ts';
import { show } from '../common/form.ts';
import { refuseBadVm, type VmChoice } from './limits.ts';
import { isHeld, type Retired } from './retired.ts';
import { type PrivateNic, UNSAID, type Vm, type VmOrder } from './vm.ts';

/** What allocation needs to know of a host, as the configuration checked it. */
export interface AllocationHost {
  readonly name: string;
  /** Ids go from 1 to this. */
  readonly capacity: number;
  /** Five octets, lower case: `fe:e1:bb:d1:4c`. */
  readonly lladdrPrefix: string;
  /** The address of id 1; those of the others follow. */
  readonly firstIpv4: Ipv4;
  /** The last address of its range; imported VMs may have any within. */
  readonly lastIpv4: Ipv4;
  /** From /48 to /64, with a /64 for every id; null: no IPv6. */
  readonly ipv6Prefix: string | null;
  readonly vmDefaults: AllocationDefaults;
}

export type AllocationDefaults = Pick<
  Vm,
  | 'memoryMiB'
  | 'diskSizesMiB'
  | 'diskFormat'
  | 'release'
  | 'arch'
  | 'sets'
  | 'timezone'
  | 'disklabel'
  | 'ipv4Method'
  | 'passwords'
>;

/**
 * The VM of an order: on the host that it names, or the one with most room (the first of several), with the
 * lowest id that is free there and the addresses that follow from it.
 * @param existing every VM of the inventory
 * @param now milliseconds since the epoch
 * @param retired those that were removed: what they had is held back for a while
 * @throws OperatorError VM_EXISTS, HOST_NOT_FOUND, HOST_FULL, or VM_REFUSED with every broken rule
 */
export function allocate(
  order: VmOrder,
  hosts: readonly AllocationHost[],
  existing: readonly Vm[],
  now: number,
  retired: readonly Retired[] = [],
): Vm {
  if (existing.some(({ name }) => name === order.name)) {
    throw new OperatorError('VM_EXISTS', `there is a VM ${order.name} already`);
  }
  if (retired.some(({ name, stage }) => name === order.name && stage !== 'retired')) {
    throw new OperatorError('VM_EXISTS', `the VM ${order.name} is still being removed`);
  }
  const held = retired.filter((each) => isHeld(each, now));
  const holders = [...existing, ...held];
  const host = findHost(order.host, hosts, holders);
  const choice = complete(order, host.vmDefaults);
  refuseBadVm(choice);
  const place = lowestFree(host, holders);
  if (place === null) throw new OperatorError('HOST_FULL', fullMessage(order, host, held));
  return { ...choice, host: host.name, ...place, nics: [], createdAt: now };
}

export type Place = Pick<Vm, 'id' | 'lladdr' | 'ipv4' | 'ipv6'> & {
  readonly nics?: readonly Pick<PrivateNic, 'lladdr'>[];
};

/** The host of this name, or the one with most room. @throws OperatorError HOST_NOT_FOUND */
export function findHost(
  wanted: string | null,
  hosts: readonly AllocationHost[],
  holders: readonly Pick<Vm, 'host'>[],
): AllocationHost {
  const room = (host: AllocationHost) => host.capacity - holders.filter((vm) => vm.host === host.name).length;
  // The sort is stable: hosts with the same room stay in the order of the configuration.
  const candidates = hosts.filter(({ name }) => wanted === null || name === wanted);
  const [host] = candidates.sort((a, b) => room(b) - room(a));
  if (host !== undefined) return host;
  const names = hosts.map(({ name }) => name).join(', ');
  throw new OperatorError('HOST_NOT_FOUND', `there is no host ${show(wanted)}; the hosts are ${names}`);
}

/** The order's values before the host's defaults. */
export function complete({ name, host: _, ...said }: VmOrder, defaults: AllocationDefaults): VmChoice {
  return { ...UNSAID, hostName: hostNameOf(name), owner: null, sshKeys: [], ...defaults, ...said, name };
}

/**
 * A name as one label of RFC 1123: `Web_1.test` is `web-1-test`. A name without a letter or digit is refused
 * by its own rules, and need not be refused for its host name as well.
 */
function hostNameOf(name: string): string {
  const label = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return label.slice(0, 63).replace(/^-|-$/g, '') || 'vm';
}

/**
 * An id is free when nothing that follows from it is taken either: after a change of the configuration, VMs
 * keep addresses that another id or another host would now be given.
 */
function lowestFree(host: AllocationHost, holders: readonly (Place & Pick<Vm, 'host'>)[]): Place | null {
  const taken = new Set(holders.flatMap((vm) => holdings(vm.host, vm)));
  for (let id = 1; id <= host.capacity; id++) {
    const place = placeOf(host, id);
    if (!holdings(host.name, place).some((holding) => taken.has(holding))) return place;
  }
  return null;
}

/** What only one VM can have, as keys. */
export function holdings(host: string, { id, lladdr, ipv4, ipv6, nics = [] }: Place): readonly string[] {
  const lladdrs = [lladdr, ...nics.map((nic) => nic.lladdr)];
  return [`${host} ${id}`, ...lladdrs, ipv4, ...(ipv6 === null ? [] : [ipv6])];
}

/** The addresses of an id. */
export function placeOf(host: AllocationHost, id: number): Place {
  return {
    id,
    lladdr: `${host.lladdrPrefix}:${id.toString(16).padStart(2, '0')}` as Lladdr,
    ipv4: ipv4FromNumber(ipv4ToNumber(host.firstIpv4) + id - 1),
    ipv6: host.ipv6Prefix === null ? null : subnet64(host.ipv6Prefix, id - 1),
  };
}

/** The /64 with this number, from 0, of a prefix of /48 to /64: the number lies in the fourth group. */
function subnet64(prefix: string, number: number): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv6.parseCIDR(prefix)[0].parts;
  return `${new ipaddr.IPv6([a, b, c, d + number, 0, 0, 0, 0]).toRFC5952String()}/64`;
}

function fullMessage(order: VmOrder, host: AllocationHost, held: readonly Retired[]): string {
  const why = `all ${host.capacity} ids or their addresses are taken${held.length === 0 ? '' : ', or held back after a removal (`puffboot vm list --retired`)'}`;
  return order.host === null
    ? `no host has room: ${why} on ${host.name}, which has most`
    : `host ${host.name} is full: ${why}`;
}
