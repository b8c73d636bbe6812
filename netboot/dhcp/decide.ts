import { contains, type Ipv4, ipv4FromNumber, networkOf } from '../../src/common/address.ts';
import type { CatalogClient, CatalogSubnet, DhcpMessage } from '../catalog.ts';
import { armedNow, type Lookup } from '../lookup.ts';
import type { OptionValues } from './options.ts';
import { NO_ADDRESS, type Packet } from './packet.ts';
import { hasRelayPort } from './relay-info.ts';
import { shorten } from './shorten.ts';

/** Where a packet came from: a client, or its relay. */
export interface Arrival {
  readonly address: Ipv4;
  readonly port: number;
}

/** Where relays and clients listen (RFC 2131 §4.1); other values only where neither is the real thing. */
export interface PeerPorts {
  readonly relay: number;
  readonly client: number;
}

export const PEER_PORTS: PeerPorts = { relay: 67, client: 68 };

export interface Reply {
  readonly packet: Packet;
  readonly to: Arrival;
  /** Our address on that subnet: the reply leaves from here. */
  readonly from: Ipv4;
}

export interface Decision {
  readonly message: DhcpMessage | null;
  /** Null for a stranger. */
  readonly client: CatalogClient | null;
  readonly reply: Reply | null;
  /** Why there is no reply, or why it is a NAK. */
  readonly reason: string | null;
}

/** A client that is ours to answer, on the subnet of its reservation. */
interface Exchange {
  readonly packet: Packet;
  readonly arrival: Arrival;
  readonly client: CatalogClient;
  readonly subnet: CatalogSubnet;
  readonly now: number;
  readonly ports: PeerPorts;
}

type Verdict =
  | { readonly kind: 'reply'; readonly message: 'offer' | 'ack' }
  | { readonly kind: 'nak' | 'ignore'; readonly reason: string };

const ignore = (reason: string): Verdict => ({ kind: 'ignore', reason });
const nak = (reason: string): Verdict => ({ kind: 'nak', reason });

/** One row per message that a client may send; see RFC 2131 §4.3. */
const VERDICTS: Partial<Record<DhcpMessage, (exchange: Exchange) => Verdict>> = {
  discover: (exchange) => {
    const elsewhere = otherNetwork(exchange);
    return elsewhere === null ? { kind: 'reply', message: 'offer' } : ignore(elsewhere);
  },
  request: judgeRequest,
  inform: ({ packet, subnet }) =>
    contains(subnet.cidr, packet.clientAddress)
      ? { kind: 'reply', message: 'ack' }
      : ignore(`informs from ${packet.clientAddress}, which is outside of ${subnet.cidr}`),
  decline: ({ packet, client }) =>
    ignore(`declines ${packet.options.requestedAddress ?? client.address}: another machine uses it`),
  release: ({ packet }) => ignore(`releases ${packet.clientAddress}; the reservation stays`),
};

/**
 * What this packet is answered with.
 * @param now milliseconds since the epoch
 */
export function decide(
  packet: Packet,
  arrival: Arrival,
  lookup: Lookup,
  now: number,
  ports: PeerPorts = PEER_PORTS,
): Decision {
  const message = packet.options.messageType ?? null;
  const client = lookup.byLladdr(packet.lladdr);
  const silent = (reason: string): Decision => ({ message, client, reply: null, reason });

  if (packet.kind === 'reply') return silent('is the reply of a server');
  if (message === null) return silent('has no message type');
  if (client === null) return silent('is an unknown lladdr');
  if (!client.dhcp) return silent(`${client.name} gets its address from another DHCP server`);
  const subnet = lookup.subnetOf(client);
  if (subnet === null) return silent(`${client.address} of ${client.name} lies in no subnet`);
  const exchange: Exchange = { packet, arrival, client, subnet, now, ports };
  const verdict = VERDICTS[message]?.(exchange) ?? ignore('is a message that only servers send');

  switch (verdict.kind) {
    case 'ignore':
      return silent(verdict.reason);
    case 'nak':
      return { message, client, reply: nakReply(exchange, verdict.reason), reason: verdict.reason };
    case 'reply':
      return { message, client, reply: boundReply(exchange, verdict.message), reason: null };
  }
}

/**
 * SELECTING carries option 54, INIT-REBOOT option 50 without it, RENEWING and REBINDING neither but ciaddr
 * (RFC 2131 §4.3.2). All that matters is which server and which address is meant.
 */
function judgeRequest(exchange: Exchange): Verdict {
  const { packet, client, subnet } = exchange;
  const { serverId, requestedAddress } = packet.options;
  if (serverId !== undefined && serverId !== subnet.bootAddress) return ignore(`chose server ${serverId}`);
  const elsewhere = otherNetwork(exchange);
  if (elsewhere !== null) return nak(elsewhere);
  const wanted = requestedAddress ?? packet.clientAddress;
  if (wanted === NO_ADDRESS) return ignore('requests no address');
  if (wanted !== client.address) return nak(`requests ${wanted}, has ${client.address}`);
  return { kind: 'reply', message: 'ack' };
}

/** The relay says where the client is (RFC 2131 §4.3.1); an address of another network is of no use there. */
function otherNetwork({ packet, subnet }: Exchange): string | null {
  const relay = packet.relayAddress;
  if (relay === NO_ADDRESS || contains(subnet.cidr, relay)) return null;
  return `asks through relay ${relay}, which is outside of ${subnet.cidr}`;
}

function boundReply(exchange: Exchange, message: 'offer' | 'ack'): Reply {
  const { packet, client, subnet, now } = exchange;
  const armed = armedNow(client, now);
  // The ROM and the installer behind it ask with the same lladdr, and the installer takes its mode from this
  // name, so both get it; TFTP hands the ROM its loader under it.
  const bootfile = typeof armed === 'string' ? '' : `auto_${armed.mode}`;
  const informing = packet.options.messageType === 'inform';
  const reply: Packet = {
    ...replyTo(packet),
    clientAddress: message === 'ack' ? packet.clientAddress : NO_ADDRESS,
    yourAddress: informing ? NO_ADDRESS : client.address,
    nextServer: subnet.bootAddress,
    serverName: subnet.bootAddress,
    bootfile,
    options: {
      messageType: message,
      ...(informing ? {} : leaseOptions(subnet.leaseSeconds)),
      ...networkOptions(client, subnet),
      ...(bootfile === '' ? {} : oldBootOptions(subnet.bootAddress, bootfile)),
      ...echoedOptions(packet),
    },
  };
  return { packet: shorten(reply, packet), to: destination(exchange), from: subnet.bootAddress };
}

function nakReply(exchange: Exchange, reason: string): Reply {
  const { packet, subnet } = exchange;
  const reply: Packet = {
    ...replyTo(packet),
    // A relay must not send it to an address that the client is being told to forget (RFC 2131 §4.3.2).
    broadcast: packet.broadcast || packet.relayAddress !== NO_ADDRESS,
    options: {
      messageType: 'nak',
      serverId: subnet.bootAddress,
      message: reason,
      ...echoedOptions(packet),
    },
  };
  const withoutAddress = { ...exchange, packet: { ...packet, clientAddress: NO_ADDRESS } };
  return { packet: shorten(reply, packet), to: destination(withoutAddress), from: subnet.bootAddress };
}

/** RFC 2131 table 3. */
function replyTo(packet: Packet): Packet {
  return {
    ...packet,
    kind: 'reply',
    hops: 0,
    secs: 0,
    clientAddress: NO_ADDRESS,
    yourAddress: NO_ADDRESS,
    nextServer: NO_ADDRESS,
    serverName: '',
    bootfile: '',
    options: {},
    others: [],
  };
}

function leaseOptions(leaseSeconds: number): OptionValues {
  return {
    leaseSeconds,
    renewalSeconds: Math.floor(leaseSeconds / 2),
    rebindingSeconds: Math.floor((leaseSeconds * 7) / 8),
  };
}

function networkOptions(client: CatalogClient, subnet: CatalogSubnet): OptionValues {
  const { mask, broadcast } = networkOf(subnet.cidr);
  return {
    serverId: subnet.bootAddress,
    subnetMask: ipv4FromNumber(mask),
    broadcastAddress: ipv4FromNumber(broadcast),
    routers: [subnet.router],
    hostName: client.hostName,
    ...(subnet.dns.length > 0 ? { nameServers: subnet.dns } : {}),
    ...(subnet.domain === null ? {} : { domainName: subnet.domain }),
  };
}

/** What installers up to 6.9 and others that do not read the header take the boot server and file from. */
function oldBootOptions(bootAddress: Ipv4, bootfile: string): OptionValues {
  return { tftpServerName: bootAddress, bootfileName: bootfile, tftpServers: [bootAddress] };
}

/** A PXE ROM that does not see its class again waits three seconds for another server. */
function echoedOptions({ options }: Packet): OptionValues {
  return {
    ...(options.vendorClass?.startsWith('PXEClient') ? { vendorClass: 'PXEClient' } : {}),
    ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
    ...(options.relayInfo === undefined ? {} : { relayInfo: options.relayInfo }),
  };
}

/**
 * RFC 2131 §4.1. A client that has no address yet is broadcast to even where it would take unicast: without a
 * raw socket there is no way to reach an address that nobody answers ARP for, and every client takes it.
 */
function destination({ packet, arrival, subnet, ports }: Exchange): Arrival {
  if (packet.relayAddress !== NO_ADDRESS) {
    const port = hasRelayPort(packet.options.relayInfo) ? arrival.port : ports.relay;
    return { address: packet.relayAddress, port };
  }
  const bound = packet.clientAddress !== NO_ADDRESS;
  const address = bound ? packet.clientAddress : ipv4FromNumber(networkOf(subnet.cidr).broadcast);
  return { address, port: ports.client };
}
