import { type Arrival, type Decision, decide } from '../../../netboot/dhcp/decide.ts';
import { decodePacket, NO_ADDRESS, type Packet } from '../../../netboot/dhcp/packet.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import type { Ipv4 } from '../../../src/common/address.ts';
import { CATALOG, fixturePacket, NOON } from '../example.ts';

export const DIRECT: Arrival = { address: NO_ADDRESS, port: 68 };
export const RELAY = '10.77.0.254' as Ipv4;
export const EVERYBODY = '255.255.255.255';
export const lookup = lookupOf(CATALOG);

/** A packet of fixtures/packets, decoded. */
export function golden(name: string): Packet {
  const decoded = decodePacket(fixturePacket(name));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet;
}
export const ipxe = golden('ipxe-discover.hex');
export const ipxeRequest = golden('ipxe-request.hex');

/** A bare packet of `mail`. */
export function ask(options: Packet['options'], header: Partial<Packet> = {}): Packet {
  return { ...golden('dhcpleased-discover.hex'), options, ...header };
}

export const judge = (packet: Packet, arrival = DIRECT, now = NOON): Decision =>
  decide(packet, arrival, lookup, now);
