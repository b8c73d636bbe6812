import ipaddr from 'ipaddr.js';
import { contains, ipv4ToNumber, networkOf } from '../common/address.ts';
import type { Draft } from './draft.ts';
import type { Ipv4Range } from './value.ts';

export type Host = Draft['hosts'][number];
export type Subnet = Draft['subnets'][number];
/** Findings of one table, as key and message. */
export type Told = readonly (readonly [key: string, message: string])[];

/** The addresses lie in one subnet from which a VM can boot, and nobody else has them. */
export function rangeInOneSubnet({ ipv4Range, access }: Host, { subnets }: Draft): Told {
  if (ipv4Range === undefined || subnets.some(({ cidr }) => cidr === undefined)) return [];
  const index = subnets.findIndex(({ cidr }) => cidr !== undefined && contains(cidr, ipv4Range.first));
  const subnet = subnets[index];
  if (subnet?.cidr === undefined || !contains(subnet.cidr, ipv4Range.last)) {
    return [['ipv4Range', `expected addresses of one of the [[subnets]] (found ${rendered(ipv4Range)})`]];
  }
  // On a system with a single loopback address, a rehearsal's VM shares it with everybody else.
  const taken = access === 'rehearsal' ? [] : takenAddresses(subnet, subnets);
  const missing = `expected a host in a subnet with a bootAddress, from which its VMs boot (found subnets[${index}] without)`;
  return [
    ...taken
      .filter(([, address]) => inRange(ipv4Range, address))
      .map(
        ([what]) =>
          ['ipv4Range', `expected addresses without ${what} (found ${rendered(ipv4Range)})`] as const,
      ),
    ...(!('bootAddress' in subnet) ? [['ipv4Range', missing] as const] : []),
  ];
}

/** The addresses of a subnet that no VM can have. A bootAddress may lie in another subnet than its own. */
export function takenAddresses(
  { cidr, router }: Subnet,
  subnets: readonly Subnet[],
): readonly (readonly [string, number])[] {
  if (cidr === undefined) return [];
  const { base, broadcast } = networkOf(cidr);
  const bootAddresses = subnets.flatMap(({ bootAddress }) => bootAddress ?? []);
  return [
    [`the network address of ${cidr}`, base],
    [`the broadcast address of ${cidr}`, broadcast],
    ...(router === undefined ? [] : [[`the router ${router}`, ipv4ToNumber(router)] as const]),
    ...bootAddresses.map((address) => [`the bootAddress ${address}`, ipv4ToNumber(address)] as const),
  ];
}

export function rangeHoldsCapacity({ ipv4Range, capacity }: Host): Told {
  if (ipv4Range === undefined || capacity === undefined) return [];
  const count = ipv4ToNumber(ipv4Range.last) - ipv4ToNumber(ipv4Range.first) + 1;
  if (count >= capacity) return [];
  return [['ipv4Range', `expected an address for each of capacity = ${capacity} VMs (found ${count})`]];
}

export function prefixHoldsCapacity({ ipv6Prefix, capacity }: Host): Told {
  if (ipv6Prefix === undefined || capacity === undefined) return [];
  const count = 2 ** (64 - ipaddr.IPv6.parseCIDR(ipv6Prefix)[1]);
  if (count >= capacity) return [];
  return [['ipv6Prefix', `expected a /64 for each of capacity = ${capacity} VMs (found ${count})`]];
}

export const inRange = ({ first, last }: Ipv4Range, address: number): boolean =>
  ipv4ToNumber(first) <= address && address <= ipv4ToNumber(last);

export const rendered = ({ first, last }: Ipv4Range): string => `${first}-${last}`;
