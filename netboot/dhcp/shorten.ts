import type { OptionName } from './options.ts';
import { encodePacket, type Packet } from './packet.ts';

/** Left out first to last when a client takes only small messages. The rest always fits into 548 bytes. */
const EXPENDABLE = [
  'tftpServers',
  'tftpServerName',
  'bootfileName',
  'message',
  'clientArch',
  'clientNic',
  'clientUuid',
  'broadcastAddress',
  'domainName',
  'nameServers',
  'hostName',
  'clientId',
  'relayInfo',
] as const satisfies readonly OptionName[];

const HEADERS = 28; // IP and UDP
const ETHERNET_MTU = 1500;

/**
 * Bytes that this client takes of one message. Option 57 counts the whole datagram; nobody takes less than 576
 * bytes (RFC 2131 §2).
 */
export function mostBytes(request: Packet): number {
  return Math.max(576, Math.min(request.options.maxMessageSize ?? 576, ETHERNET_MTU)) - HEADERS;
}

/** The packet on the wire, with as many of its options as fit into `most` bytes. Only what is too long is written twice. */
export function encodeWithin(packet: Packet, most: number): Uint8Array {
  let bytes = encodePacket(packet);
  let { options } = packet;
  for (const name of EXPENDABLE) {
    if (bytes.length <= most) break;
    const { [name]: left, ...others } = options;
    if (left === undefined) continue;
    options = others;
    bytes = encodePacket({ ...packet, options });
  }
  return bytes;
}
