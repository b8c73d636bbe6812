import { contains } from '../../src/common/address.ts';
import type { CatalogClient, CatalogSubnet, DhcpMessage } from '../catalog.ts';
import type { Lookup } from '../lookup.ts';
import {
  type Arrival,
  type Exchange,
  ignore,
  nak,
  PEER_PORTS,
  type PeerPorts,
  type Verdict,
} from './exchange.ts';
import type { Lease, LeaseBook } from './lease-book.ts';
import { NO_ADDRESS, type Packet } from './packet.ts';
import { POOL_VERDICTS } from './pool.ts';
import { judgeProxied } from './proxy.ts';
import { linkOf } from './relay-info.ts';
import { boundReply, nakReply, proxyReply, type Reply } from './reply.ts';

export type { Arrival, PeerPorts } from './exchange.ts';
export { PEER_PORTS } from './exchange.ts';
export type { Reply } from './reply.ts';

export interface Decision {
  readonly message: DhcpMessage | null;
  /** Null for a machine that the inventory does not know. */
  readonly client: CatalogClient | null;
  readonly reply: Reply | null;
  /** Why there is no reply, or why it is a NAK. */
  readonly reason: string | null;
  /** What has to be noted in the book, and but for an offer on disk, before the reply is sent. */
  readonly lease: Lease | null;
  /** `reason` is for the operator to act on, even where nobody knows the client. */
  readonly urgent?: true;
}

/** A client with a reservation. */
interface Reserved extends Exchange {
  readonly client: CatalogClient;
}

/** One row per message that a client may send; see RFC 2131 §4.3. */
const VERDICTS: Partial<Record<DhcpMessage, (exchange: Reserved) => Verdict>> = {
  discover: (exchange) => {
    const elsewhere = otherNetwork(exchange);
    if (elsewhere !== null) return ignore(elsewhere);
    return { kind: 'reply', message: 'offer', address: exchange.client.address };
  },
  request: judgeRequest,
  inform: ({ packet, subnet }) =>
    contains(subnet.cidr, packet.clientAddress)
      ? { kind: 'reply', message: 'ack', address: packet.clientAddress }
      : ignore(`informs from ${packet.clientAddress}, which is outside of ${subnet.cidr}`),
  decline: ({ packet, client, subnet }) => {
    const { requestedAddress: declined = client.address, serverId = subnet.bootAddress } = packet.options;
    if (serverId !== subnet.bootAddress) return ignore(`declines ${declined} of server ${serverId}`);
    return {
      kind: 'ignore',
      reason: `${client.name} declines ${declined}: another machine uses it`,
      urgent: true,
    };
  },
  release: ({ packet }) => ignore(`releases ${packet.clientAddress}; the reservation stays`),
};

/**
 * What this packet is answered with.
 * @param now milliseconds since the epoch
 * @param leases of the pools; without them an unknown machine gets nothing
 */
export function decide(
  packet: Packet,
  arrival: Arrival,
  lookup: Lookup,
  now: number,
  ports: PeerPorts = PEER_PORTS,
  leases: LeaseBook | null = null,
): Decision {
  const message = packet.options.messageType ?? null;
  const client = lookup.byLladdr(packet.lladdr);
  const silent = (reason: string): Decision => ({ message, client, reply: null, reason, lease: null });

  if (packet.kind === 'reply') return silent('is the reply of a server');
  if (message === null) return silent('has no message type');
  if (client === null) return decideUnknown();
  if (!client.dhcp) return silent(`${client.name} gets its address from another DHCP server`);
  const subnet = lookup.subnetOf(client);
  if (subnet === null) return silent(`${client.address} of ${client.name} lies in no subnet`);
  const exchange: Reserved = { packet, arrival, client, subnet, now, ports };
  if (subnet.proxy) return carryOut(exchange, judgeProxied(exchange, 'dhcp'));
  return carryOut(exchange, VERDICTS[message]?.(exchange) ?? SERVERS_ONLY);

  function decideUnknown(): Decision {
    const there = leases === null ? null : networkOfUnknown(packet, lookup);
    if (message === null || leases === null || !there?.pool) return silent('is an unknown lladdr');
    const asking = { packet, arrival, client, subnet: there, now, ports, pool: there.pool, leases, lookup };
    return carryOut(asking, POOL_VERDICTS[message]?.(asking) ?? SERVERS_ONLY);
  }
}

/**
 * What a ROM is answered that asks on the port of boot servers. It has an address by then.
 * @param now milliseconds since the epoch
 */
export function decideBootServer(packet: Packet, arrival: Arrival, lookup: Lookup, now: number): Decision {
  const message = packet.options.messageType ?? null;
  const client = lookup.byLladdr(packet.lladdr);
  const subnet = client === null ? null : lookup.subnetOf(client);
  const silent = (reason: string): Decision => ({ message, client, reply: null, reason, lease: null });
  if (packet.kind === 'reply') return silent('is the reply of a server');
  if (client === null || subnet === null) return silent('is an unknown lladdr');
  if (!client.dhcp || !subnet.proxy) return silent(`${subnet.cidr} has no proxy`);
  const exchange: Reserved = { packet, arrival, client, subnet, now, ports: PEER_PORTS };
  const decision = carryOut(exchange, judgeProxied(exchange, 'boot-server'));
  return decision.reply === null
    ? decision
    : { ...decision, reply: { ...decision.reply, to: arrival, also: null } };
}

/** Where its relay says, or its own address, which it has from us when it renews; else where broadcasts come from. */
function networkOfUnknown(packet: Packet, lookup: Lookup): CatalogSubnet | null {
  const link = linkOf(packet);
  const known = link === NO_ADDRESS ? packet.clientAddress : link;
  return known === NO_ADDRESS ? lookup.attachedPool : lookup.subnetAt(known);
}

const SERVERS_ONLY = ignore('is a message that only servers send');

function carryOut(exchange: Exchange, verdict: Verdict): Decision {
  const { client, packet } = exchange;
  const message = packet.options.messageType ?? null;
  const { lease = null } = verdict;
  switch (verdict.kind) {
    case 'ignore': {
      const { reason, urgent } = verdict;
      return { message, client, reply: null, reason, lease, ...(urgent && { urgent }) };
    }
    case 'nak': {
      const { reason } = verdict;
      return { message, client, reply: nakReply(exchange, reason), reason, lease };
    }
    case 'proxy':
      return { message, client, reply: proxyReply(exchange, verdict.message), reason: null, lease };
    case 'reply': {
      const reply = boundReply(exchange, verdict.message, verdict.address);
      return { message, client, reply, reason: null, lease };
    }
  }
}

/**
 * SELECTING carries option 54, INIT-REBOOT option 50 without it, RENEWING and REBINDING neither but ciaddr
 * (RFC 2131 §4.3.2). All that matters is which server and which address is meant.
 */
function judgeRequest(exchange: Reserved): Verdict {
  const { packet, client, subnet } = exchange;
  const { serverId, requestedAddress } = packet.options;
  if (serverId !== undefined && serverId !== subnet.bootAddress) return ignore(`chose server ${serverId}`);
  const elsewhere = otherNetwork(exchange);
  if (elsewhere !== null) return nak(elsewhere);
  const wanted = requestedAddress ?? packet.clientAddress;
  if (wanted === NO_ADDRESS) return ignore('requests no address');
  if (wanted !== client.address) return nak(`requests ${wanted}, has ${client.address}`);
  return { kind: 'reply', message: 'ack', address: wanted };
}

/** The relay says where the client is (RFC 2131 §4.3.1); an address of another network is of no use there. */
function otherNetwork({ packet, subnet }: Exchange): string | null {
  const link = linkOf(packet);
  if (link === NO_ADDRESS || contains(subnet.cidr, link)) return null;
  return `asks through relay ${link}, which is outside of ${subnet.cidr}`;
}
