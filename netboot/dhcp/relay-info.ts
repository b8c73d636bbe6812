import { type Ipv4, ipv4FromNumber } from '../../src/common/address.ts';
import { NO_ADDRESS, type Packet } from './packet.ts';

const LINK_SELECTION = 5;
const RELAY_PORT = 19;

/**
 * Where the client is, in the words of its relay: an address of its network, 0.0.0.0 without a relay. Usually
 * that is giaddr; a relay whose own address lies elsewhere says it in a suboption (RFC 3527).
 */
export function linkOf({ relayAddress, options }: Packet): Ipv4 {
  if (relayAddress === NO_ADDRESS || options.relayInfo === undefined) return relayAddress;
  const link = suboption(options.relayInfo, LINK_SELECTION);
  if (link?.length !== 4) return relayAddress;
  return ipv4FromNumber(link.reduce((sum, octet) => sum * 256 + octet, 0));
}

/**
 * Did the relay send from a port other than 67 and wants its answer there (RFC 8357)? The suboption should be
 * empty; a relay that writes something into it means the same.
 */
export function hasRelayPort(relayInfo: Uint8Array | undefined): boolean {
  return relayInfo !== undefined && suboption(relayInfo, RELAY_PORT) !== null;
}

/**
 * Relay agent information (RFC 3046) is a row of suboptions: | code | length | value ... |. What is malformed
 * says nothing.
 */
function suboption(relayInfo: Uint8Array, code: number): Uint8Array | null {
  let offset = 0;
  let found: Uint8Array | null = null;
  while (offset + 2 <= relayInfo.length) {
    const end = offset + 2 + (relayInfo[offset + 1] ?? 0);
    if (relayInfo[offset] === code) found ??= relayInfo.subarray(offset + 2, end);
    offset = end;
  }
  return offset === relayInfo.length ? found : null;
}
