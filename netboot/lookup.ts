import ipaddr from 'ipaddr.js';
import { type Ipv4, ipv4ToNumber, type Lladdr, networkOf } from '../src/common/address.ts';
import type { Armed, Catalog, CatalogClient, CatalogSubnet } from './catalog.ts';

/** A catalog with its ways in. Made once per push, so that twenty thousand clients cost no more than two. */
export interface Lookup {
  byLladdr(lladdr: Lladdr): CatalogClient | null;
  byAddress(address: Ipv4): CatalogClient | null;
  /** By the address of a socket's peer: IPv4, also inside of IPv6, or an IPv6 address of the client's /64. */
  byRemote(address: string): CatalogClient | null;
  /** Whose arming this token is, in a time that tells nothing about it. Expired ones are found too. */
  byToken(token: string): CatalogClient | null;
  /** The subnet in which the client's reserved address lies. */
  subnetOf(client: CatalogClient): CatalogSubnet | null;
  subnetAt(address: Ipv4): CatalogSubnet | null;
  /** The subnet whose pool serves an unknown machine that broadcasts. */
  readonly attachedPool: CatalogSubnet | null;
  /** The subnets with a pool whose machines ask through relays. */
  readonly relayedPools: readonly CatalogSubnet[];
  isOwnServer(address: Ipv4): boolean;
}

/** Clients that share an lladdr, an address or a /64: the first one counts. */
export function lookupOf(catalog: Catalog): Lookup {
  const lladdrs = new Map<string, CatalogClient>();
  const addresses = new Map<string, CatalogClient>();
  const prefixes = new Map<string, CatalogClient>();
  const armed: (readonly [string, CatalogClient])[] = [];
  for (const client of catalog.clients) {
    if (!lladdrs.has(client.lladdr)) lladdrs.set(client.lladdr, client);
    if (!addresses.has(client.address)) addresses.set(client.address, client);
    const prefix = client.ipv6 === undefined ? null : networkOf6(client.ipv6.replace('/64', ''));
    if (prefix !== null && !prefixes.has(prefix)) prefixes.set(prefix, client);
    if (client.armed !== null) armed.push([client.armed.token, client]);
  }
  const networks = catalog.subnets.map((subnet) => ({ subnet, ...networkOf(subnet.cidr) }));
  const subnetAt = (address: Ipv4) => {
    const number = ipv4ToNumber(address);
    return networks.find(({ base, mask }) => (number & mask) >>> 0 === base)?.subnet ?? null;
  };
  // A broadcast does not tell where it came from: with a second subnet attached it may be of the other.
  const attached = catalog.subnets.filter(({ relayed = false }) => !relayed);
  return {
    byLladdr: (lladdr) => lladdrs.get(lladdr) ?? null,
    byAddress: (address) => addresses.get(address) ?? null,
    byRemote(address) {
      const plain = plainOf(address);
      if (!plain.includes(':')) return addresses.get(plain) ?? null;
      return prefixes.get(networkOf6(plain) ?? 'none') ?? null;
    },
    byToken(token) {
      let found: CatalogClient | null = null;
      for (const [secret, client] of armed) if (isSameSecret(secret, token)) found = client;
      return found;
    },
    subnetOf: (client) => subnetAt(client.address),
    subnetAt,
    isOwnServer: (address) => catalog.subnets.some(({ bootAddress }) => bootAddress === address),
    relayedPools: catalog.subnets.filter(({ pool, relayed = false }) => pool !== undefined && relayed),
    attachedPool: attached.length === 1 ? (attached[0] ?? null) : null,
  };
}

/** What counts as one machine where each may have its share: an IPv6 network is as easily asked from as one address. */
export function sharerOf(address: string): string {
  const plain = plainOf(address);
  return plain.includes(':') ? (networkOf6(plain) ?? plain) : plain;
}

/** Where a listener for both families shows IPv4 inside of IPv6. */
const plainOf = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** The upper 64 bits as text; null for what is no IPv6 address. A link-local address is in everybody's network. */
function networkOf6(address: string): string | null {
  const [plain = ''] = address.split('%');
  if (!ipaddr.IPv6.isValid(plain)) return null;
  const parsed = ipaddr.IPv6.parse(plain);
  return parsed.range() === 'linkLocal' ? null : parsed.parts.slice(0, 4).join(':');
}

/** Why nothing is served to this client now, or what it is armed with. */
export function armedNow(client: CatalogClient, now: number): Armed | string {
  if (client.armed === null) return `${client.name} is not armed`;
  return now < client.armed.until ? client.armed : `the arming of ${client.name} has expired`;
}

/** Looks at every character of `given`, wherever the first difference is. An empty secret matches nothing. */
function isSameSecret(secret: string, given: string): boolean {
  let difference = secret.length ^ given.length;
  for (let index = 0; index < given.length; index += 1) {
    difference |= given.charCodeAt(index) ^ secret.charCodeAt(index % Math.max(secret.length, 1));
  }
  return difference === 0 && secret.length > 0;
}
