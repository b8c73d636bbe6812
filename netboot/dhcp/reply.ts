import { contains, type Ipv4, ipv4FromNumber, networkOf } from '../../src/common/address.ts';
import type { CatalogSubnet } from '../catalog.ts';
import { armedNow } from '../lookup.ts';
import type { Arrival, Exchange, PeerPorts } from './exchange.ts';
import type { OptionValues, RawOption } from './options.ts';
import { NO_ADDRESS, type Packet } from './packet.ts';
import { hasRelayPort } from './relay-info.ts';
import { mostBytes } from './shorten.ts';

export interface Reply {
  readonly packet: Packet;
  readonly to: Arrival;
  /** The broadcast address of a network that ours is not of: there `to` alone may not reach. Else null. */
  readonly also: Ipv4 | null;
  /** Our address on that subnet: the reply leaves from here. */
  readonly from: Ipv4;
  /** Bytes that the client takes; options that are expendable are left out for it. */
  readonly most: number;
}

/** An OFFER, or an ACK, which to an INFORM gives no address. */
export function boundReply(exchange: Exchange, message: 'offer' | 'ack', address: Ipv4): Reply {
  const { packet, client, subnet } = exchange;
  const informing = packet.options.messageType === 'inform';
  const { network, lease } = termsOf(subnet);
  return replyTo(exchange, {
    message,
    address: informing ? NO_ADDRESS : address,
    terms: informing ? network : lease,
    hostName: client?.hostName,
    bootfile: bootfileOf(exchange),
    reason: undefined,
  });
}

/** What to boot and from where; the address comes from another server. */
export function proxyReply(exchange: Exchange, message: 'offer' | 'ack'): Reply {
  return replyTo(exchange, { ...NOTHING, message, bootfile: bootfileOf(exchange) });
}

export function nakReply(exchange: Exchange, reason: string): Reply {
  return replyTo(exchange, { ...NOTHING, message: 'nak', reason });
}

/**
 * The ROM and the installer behind it ask with the same lladdr, and the installer takes its mode from this
 * name, so both get it; TFTP hands the ROM its loader under it. Empty for what is not armed.
 */
export function bootfileOf({ client, now }: Pick<Exchange, 'client' | 'now'>): string {
  const armed = client === null ? null : armedNow(client, now);
  return armed === null || typeof armed === 'string' ? '' : `auto_${armed.mode}`;
}

/** What this reply tells; all else is the subnet's or the request's own. */
interface Told {
  readonly message: 'offer' | 'ack' | 'nak';
  readonly address: Ipv4;
  readonly terms: Terms;
  readonly hostName: string | undefined;
  /** Empty for none. */
  readonly bootfile: string;
  readonly reason: string | undefined;
}

/** What is the same for all machines of a subnet. */
type Terms = Pick<
  OptionValues,
  | 'leaseSeconds'
  | 'renewalSeconds'
  | 'rebindingSeconds'
  | 'subnetMask'
  | 'routers'
  | 'nameServers'
  | 'domainName'
  | 'broadcastAddress'
>;

const NOTHING = { address: NO_ADDRESS, terms: {}, hostName: undefined, bootfile: '', reason: undefined };
const NO_OTHERS: readonly RawOption[] = [];

/**
 * RFC 2131 table 3, field by field: what is made for every packet has one shape, since copying one object into another
 * would cost more than all the rest.
 */
function replyTo(exchange: Exchange, told: Told): Reply {
  const { packet, subnet, arrival, ports } = exchange;
  const isNak = told.message === 'nak';
  // A client that is told to forget its address cannot be reached at it, not by a relay either (RFC 2131 §4.3.2).
  const bound = isNak ? NO_ADDRESS : packet.clientAddress;
  const to = destination(packet, bound, arrival, ports);
  return {
    packet: {
      kind: 'reply',
      hops: 0,
      xid: packet.xid,
      secs: 0,
      broadcast: packet.broadcast || (isNak && packet.relayAddress !== NO_ADDRESS),
      clientAddress: told.message === 'ack' ? bound : NO_ADDRESS,
      yourAddress: told.address,
      nextServer: isNak ? NO_ADDRESS : subnet.bootAddress,
      relayAddress: packet.relayAddress,
      lladdr: packet.lladdr,
      serverName: isNak ? '' : subnet.bootAddress,
      bootfile: told.bootfile,
      options: optionsOf(exchange, told),
      others: NO_OTHERS,
    },
    to,
    also: to.address === EVERYBODY ? termsOf(subnet).beyond : null,
    from: subnet.bootAddress,
    most: mostBytes(packet),
  };
}

/**
 * A PXE ROM that does not see its class again waits three seconds for another server; UEFI and other ROMs that see
 * it alone ask a boot server on port 4011. What it says of itself stands in every answer (RFC 4578 §2), what it is to do in
 * none that refuses its address (RFC 2131 table 3). Installers up to 6.9 and others that do not read the header take the
 * boot server and file from options 66, 67 and 150.
 */
function optionsOf({ packet, subnet }: Exchange, told: Told): OptionValues {
  const { clientArch, clientId, clientNic, clientUuid, relayInfo, vendorClass } = packet.options;
  const { terms, bootfile } = told;
  const isRom = vendorClass?.startsWith('PXEClient') === true;
  const boots = bootfile !== '';
  return {
    messageType: told.message,
    serverId: subnet.bootAddress,
    leaseSeconds: terms.leaseSeconds,
    renewalSeconds: terms.renewalSeconds,
    rebindingSeconds: terms.rebindingSeconds,
    subnetMask: terms.subnetMask,
    routers: terms.routers,
    nameServers: terms.nameServers,
    hostName: told.hostName,
    domainName: terms.domainName,
    broadcastAddress: terms.broadcastAddress,
    vendorOptions: isRom && told.message !== 'nak' ? (boots ? WITH_FILE : WITHOUT_FILE) : undefined,
    message: told.reason,
    vendorClass: isRom ? 'PXEClient' : undefined,
    clientId,
    tftpServerName: boots ? subnet.bootAddress : undefined,
    bootfileName: boots ? bootfile : undefined,
    clientArch: isRom ? clientArch : undefined,
    clientNic: isRom ? clientNic : undefined,
    clientUuid: isRom ? clientUuid : undefined,
    tftpServers: boots ? [subnet.bootAddress] : undefined,
    relayInfo,
  };
}

interface SubnetTerms {
  readonly network: Terms;
  readonly lease: Terms;
  /** Its broadcast address, where our address lies in another network. */
  readonly beyond: Ipv4 | null;
}

const TERMS = new WeakMap<CatalogSubnet, SubnetTerms>();

function termsOf(subnet: CatalogSubnet): SubnetTerms {
  const made = TERMS.get(subnet) ?? makeTerms(subnet);
  TERMS.set(subnet, made);
  return made;
}

function makeTerms(subnet: CatalogSubnet): SubnetTerms {
  const { cidr, leaseSeconds, bootAddress } = subnet;
  const { mask, broadcast } = networkOf(cidr);
  const network: Terms = {
    subnetMask: ipv4FromNumber(mask),
    routers: [subnet.router],
    nameServers: subnet.dns.length > 0 ? subnet.dns : undefined,
    domainName: subnet.domain ?? undefined,
    broadcastAddress: ipv4FromNumber(broadcast),
  };
  const lease: Terms = {
    ...network,
    leaseSeconds,
    renewalSeconds: Math.floor(leaseSeconds / 2),
    rebindingSeconds: Math.floor((leaseSeconds * 7) / 8),
  };
  return { network, lease, beyond: contains(cidr, bootAddress) ? null : ipv4FromNumber(broadcast) };
}

/** PXE_DISCOVERY_CONTROL with bit 3: the boot file is in this packet, no boot server has to be looked for (PXE 2.1, tag 6). */
const NO_DISCOVERY = [6, 1, 8] as const;

const LOCAL_BOOT = [...new TextEncoder().encode('Local boot')];
/**
 * PXE_BOOT_MENU with the one entry of type 0, the ROM's own way on to the next device, and PXE_MENU_PROMPT that waits no
 * second for a choice (tags 9 and 10). A ROM that finds neither file nor menu asks port 4011 until it gives up.
 */
const BOOT_LOCALLY = [
  ...[9, 3 + LOCAL_BOOT.length, 0, 0, LOCAL_BOOT.length, ...LOCAL_BOOT],
  ...[10, 1 + LOCAL_BOOT.length, 0, ...LOCAL_BOOT],
] as const;

const WITH_FILE = Uint8Array.of(...NO_DISCOVERY, 255);
const WITHOUT_FILE = Uint8Array.of(...NO_DISCOVERY, ...BOOT_LOCALLY, 255);

/**
 * To all on the link of our address. UEFI firmware without an address takes nothing that is sent to its subnet's broadcast
 * address, which is how other links of ours are reached.
 */
const EVERYBODY = '255.255.255.255' as Ipv4;

/**
 * RFC 2131 §4.1. A client that has no address yet is broadcast to even where it would take unicast: without a
 * raw socket there is no way to reach an address that nobody answers ARP for, and every client takes it.
 */
function destination(packet: Packet, bound: Ipv4, arrival: Arrival, ports: PeerPorts): Arrival {
  const { relayAddress, options } = packet;
  if (relayAddress !== NO_ADDRESS) {
    return { address: relayAddress, port: hasRelayPort(options.relayInfo) ? arrival.port : ports.relay };
  }
  return { address: bound === NO_ADDRESS ? EVERYBODY : bound, port: ports.client };
}
