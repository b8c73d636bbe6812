import { type Ipv4, ipv4FromNumber, networkOf } from '../../src/common/address.ts';
import type { CatalogSubnet } from '../catalog.ts';
import { armedNow } from '../lookup.ts';
import type { Arrival, Exchange } from './exchange.ts';
import type { OptionValues } from './options.ts';
import { NO_ADDRESS, type Packet } from './packet.ts';
import { hasRelayPort } from './relay-info.ts';
import { shorten } from './shorten.ts';

export interface Reply {
  readonly packet: Packet;
  readonly to: Arrival;
  /** Our address on that subnet: the reply leaves from here. */
  readonly from: Ipv4;
}

/** An OFFER, or an ACK, which to an INFORM gives no address. */
export function boundReply(exchange: Exchange, message: 'offer' | 'ack', address: Ipv4): Reply {
  const { packet, client, subnet } = exchange;
  const bootfile = bootfileOf(exchange);
  const informing = packet.options.messageType === 'inform';
  const reply: Packet = {
    ...replyTo(packet),
    clientAddress: message === 'ack' ? packet.clientAddress : NO_ADDRESS,
    yourAddress: informing ? NO_ADDRESS : address,
    nextServer: subnet.bootAddress,
    serverName: subnet.bootAddress,
    bootfile,
    options: {
      messageType: message,
      ...(informing ? {} : leaseOptions(subnet.leaseSeconds)),
      ...networkOptions(subnet),
      ...(client === null ? {} : { hostName: client.hostName }),
      ...(bootfile === '' ? {} : oldBootOptions(subnet.bootAddress, bootfile)),
      ...echoedOptions(packet, bootfile),
    },
  };
  return { packet: shorten(reply, packet), to: destination(exchange), from: subnet.bootAddress };
}

/** What to boot and from where; the address comes from another server. */
export function proxyReply(exchange: Exchange, message: 'offer' | 'ack'): Reply {
  const { packet, subnet } = exchange;
  const bootfile = bootfileOf(exchange);
  const reply: Packet = {
    ...replyTo(packet),
    clientAddress: message === 'ack' ? packet.clientAddress : NO_ADDRESS,
    nextServer: subnet.bootAddress,
    serverName: subnet.bootAddress,
    bootfile,
    options: {
      messageType: message,
      serverId: subnet.bootAddress,
      ...oldBootOptions(subnet.bootAddress, bootfile),
      ...echoedOptions(packet, bootfile),
    },
  };
  return { packet: shorten(reply, packet), to: destination(exchange), from: subnet.bootAddress };
}

/**
 * The ROM and the installer behind it ask with the same lladdr, and the installer takes its mode from this
 * name, so both get it; TFTP hands the ROM its loader under it. Empty for what is not armed.
 */
export function bootfileOf({ client, now }: Pick<Exchange, 'client' | 'now'>): string {
  const armed = client === null ? null : armedNow(client, now);
  return armed === null || typeof armed === 'string' ? '' : `auto_${armed.mode}`;
}

export function nakReply(exchange: Exchange, reason: string): Reply {
  const { packet, subnet } = exchange;
  const reply: Packet = {
    ...replyTo(packet),
    // A relay must not send it to an address that the client is being told to forget (RFC 2131 §4.3.2).
    broadcast: packet.broadcast || packet.relayAddress !== NO_ADDRESS,
    options: {
      messageType: 'nak',
      serverId: subnet.bootAddress,
      message: reason,
      ...echoedOptions(packet, ''),
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

const NETWORK_OPTIONS = new WeakMap<CatalogSubnet, OptionValues>();

/** The same for all of its machines, so they are made once. */
function networkOptions(subnet: CatalogSubnet): OptionValues {
  const made = NETWORK_OPTIONS.get(subnet) ?? makeNetworkOptions(subnet);
  NETWORK_OPTIONS.set(subnet, made);
  return made;
}

function makeNetworkOptions(subnet: CatalogSubnet): OptionValues {
  const { mask, broadcast } = networkOf(subnet.cidr);
  return {
    serverId: subnet.bootAddress,
    subnetMask: ipv4FromNumber(mask),
    broadcastAddress: ipv4FromNumber(broadcast),
    routers: [subnet.router],
    ...(subnet.dns.length > 0 ? { nameServers: subnet.dns } : {}),
    ...(subnet.domain === null ? {} : { domainName: subnet.domain }),
  };
}

/** What installers up to 6.9 and others that do not read the header take the boot server and file from. */
function oldBootOptions(bootAddress: Ipv4, bootfile: string): OptionValues {
  return { tftpServerName: bootAddress, bootfileName: bootfile, tftpServers: [bootAddress] };
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
 * A PXE ROM that does not see its class again waits three seconds for another server; UEFI and other ROMs that see
 * it alone ask a boot server on port 4011. One that gave its UUID finds it in every answer (RFC 4578 §2.3).
 */
function echoedOptions({ options }: Packet, bootfile: string): OptionValues {
  const isRom = options.vendorClass?.startsWith('PXEClient') === true;
  return {
    ...(isRom ? { vendorClass: 'PXEClient', vendorOptions: bootfile === '' ? WITHOUT_FILE : WITH_FILE } : {}),
    ...(isRom && options.clientUuid !== undefined ? { clientUuid: options.clientUuid } : {}),
    ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
    ...(options.relayInfo === undefined ? {} : { relayInfo: options.relayInfo }),
  };
}

/** To all on the link. UEFI firmware without an address takes nothing that is sent to its subnet's broadcast address. */
const EVERYBODY = '255.255.255.255' as Ipv4;

/**
 * RFC 2131 §4.1. A client that has no address yet is broadcast to even where it would take unicast: without a
 * raw socket there is no way to reach an address that nobody answers ARP for, and every client takes it.
 */
function destination({ packet, arrival, ports }: Exchange): Arrival {
  if (packet.relayAddress !== NO_ADDRESS) {
    const port = hasRelayPort(packet.options.relayInfo) ? arrival.port : ports.relay;
    return { address: packet.relayAddress, port };
  }
  const bound = packet.clientAddress !== NO_ADDRESS;
  return { address: bound ? packet.clientAddress : EVERYBODY, port: ports.client };
}
