import { contains, ipv4ToNumber } from '../common/address.ts';
import type { Draft } from './draft.ts';
import { inRange, rendered, type Subnet, type Told, takenAddresses } from './host-range.ts';
import type { Ipv4Range } from './value.ts';

/** Each address of a pool takes memory in the netboot process. */
const MOST_IN_POOL = 65536;

/** A pool lies in its subnet, and nobody else has its addresses. */
export function poolInSubnet(subnet: Subnet, { subnets, hosts }: Draft): Told {
  const { cidr, pool } = subnet;
  if (cidr === undefined || pool === undefined) return [];
  const [first, last] = [ipv4ToNumber(pool.first), ipv4ToNumber(pool.last)];
  if (!contains(cidr, pool.first) || !contains(cidr, pool.last)) {
    return [['pool', `expected addresses of ${cidr} (found ${rendered(pool)})`]];
  }
  if (last - first >= MOST_IN_POOL) {
    return [['pool', `expected ${MOST_IN_POOL} addresses at most (found ${last - first + 1})`]];
  }
  const taken = takenAddresses(subnet, subnets).filter(([, address]) => inRange(pool, address));
  const ranges = hosts.flatMap(({ ipv4Range }, index) =>
    ipv4Range !== undefined && overlap(pool, ipv4Range) ? [`hosts[${index}].ipv4Range`] : [],
  );
  return [...taken.map(([what]) => what), ...ranges].map((what) => [
    'pool',
    `expected addresses without ${what} (found ${rendered(pool)})`,
  ]);
}

/**
 * A broadcast does not tell from which network it came, so an unknown machine could get an address that is of
 * no use where it stands. A relay says it; and where only one network is attached there is no question.
 */
export function poolOfOneNetwork(subnet: Subnet, { subnets, netboot }: Draft): Told {
  const { pool } = subnet;
  if (pool === undefined) return [];
  if (subnet.dhcp === 'proxy') {
    return [['pool', `expected none beside dhcp = "proxy", where another server gives the addresses`]];
  }
  if (!('bootAddress' in subnet)) {
    return [['pool', `expected a bootAddress beside it, from which it is served (found ${rendered(pool)})`]];
  }
  const others = subnets.flatMap((other, index) =>
    other !== subnet && 'bootAddress' in other && other.relayed !== true ? [`subnets[${index}]`] : [],
  );
  if (subnet.relayed === true || netboot.broadcast === false || others.length === 0) return [];
  const message = `expected relayed = true here, or in ${others.join(', ')}: a broadcast does not tell from which of the networks it came (found ${rendered(pool)})`;
  return [['pool', message]];
}

function overlap(a: Ipv4Range, b: Ipv4Range): boolean {
  return ipv4ToNumber(a.first) <= ipv4ToNumber(b.last) && ipv4ToNumber(b.first) <= ipv4ToNumber(a.last);
}
