import type { OptionName } from './options.ts';
import { type Packet, packetLength } from './packet.ts';

/** Left out first to last when a client takes only small messages. The rest always fits into 548 bytes. */
const EXPENDABLE = [
  'tftpServers',
  'tftpServerName',
  'bootfileName',
  'message',
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
 * The reply with as many of its options as this client takes. Option 57 counts the whole datagram; nobody
 * takes less than 576 bytes (RFC 2131 §2).
 */
export function shorten(reply: Packet, request: Packet): Packet {
  const most = Math.max(576, Math.min(request.options.maxMessageSize ?? 576, ETHERNET_MTU)) - HEADERS;
  let fitted = reply;
  for (const name of EXPENDABLE) {
    if (packetLength(fitted) <= most) break;
    const { [name]: _, ...options } = fitted.options;
    fitted = { ...fitted, options };
  }
  return fitted;
}
