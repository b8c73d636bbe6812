import type { CatalogClient, CatalogSubnet } from '../../../netboot/catalog.ts';
import { type Decision, decide, PEER_PORTS } from '../../../netboot/dhcp/decide.ts';
import { type LeaseBook, leaseBook } from '../../../netboot/dhcp/lease-book.ts';
import { decodePacket, NO_ADDRESS, type Packet } from '../../../netboot/dhcp/packet.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import type { Cidr4, Ipv4, Lladdr } from '../../../src/common/address.ts';
import { BOOT_ADDRESS, CATALOG, fixturePacket, NOON } from '../example.ts';

export const POOL = { first: '10.77.0.100' as Ipv4, last: '10.77.0.103' as Ipv4 };
export const ip = (text: string) => text as Ipv4;
export const mac = (number: number) => `02:00:00:00:00:${number.toString(16).padStart(2, '0')}` as Lladdr;
export const subnet: CatalogSubnet = { ...(CATALOG.subnets[0] as CatalogSubnet), pool: POOL };
/** With a pool of one address. */
export const other: CatalogSubnet = {
  ...subnet,
  cidr: '10.78.0.0/24' as Cidr4,
  pool: { first: ip('10.78.0.100'), last: ip('10.78.0.100') },
  bootAddress: ip('10.78.0.1'),
};

/** A server with its leases, and the time. */
export function server(
  subnets: readonly CatalogSubnet[] = [subnet],
  leases: LeaseBook = leaseBook(),
  clients: readonly CatalogClient[] = CATALOG.clients,
) {
  const lookup = lookupOf({ subnets, clients });
  const ask = (
    lladdr: Lladdr,
    options: Packet['options'],
    header: Partial<Packet> = {},
    now = NOON,
  ): Decision => {
    const decoded = decodePacket(fixturePacket('dhcpleased-discover.hex'));
    if (!decoded.ok) throw new Error(decoded.reason);
    const packet = { ...decoded.packet, lladdr, options, ...header };
    const decision = decide(packet, { address: NO_ADDRESS, port: 68 }, lookup, now, PEER_PORTS, leases);
    if (decision.lease !== null) leases.apply(decision.lease);
    return decision;
  };
  const discover = (lladdr: Lladdr, now = NOON, header: Partial<Packet> = {}) =>
    ask(lladdr, { messageType: 'discover' }, header, now).reply?.packet.yourAddress ?? null;
  const request = (lladdr: Lladdr, address: Ipv4, now = NOON) =>
    ask(lladdr, { messageType: 'request', serverId: BOOT_ADDRESS, requestedAddress: address }, {}, now);
  const lease = (lladdr: Lladdr, now = NOON) => {
    const address = discover(lladdr, now);
    if (address !== null) request(lladdr, address, now);
    return address;
  };
  return { ask, discover, request, lease, leases };
}
