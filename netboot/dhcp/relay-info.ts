const RELAY_PORT = 19;

/**
 * Did the relay send from a port other than 67 and wants its answer there (RFC 8357)? Relay agent information
 * (RFC 3046) is a row of suboptions: | code | length | value ... |. The suboption should be empty; a relay
 * that writes something into it means the same. What is malformed asks for nothing.
 */
export function hasRelayPort(relayInfo: Uint8Array | undefined): boolean {
  if (relayInfo === undefined) return false;
  let offset = 0;
  let found = false;
  while (offset + 2 <= relayInfo.length) {
    found ||= relayInfo[offset] === RELAY_PORT;
    offset += 2 + (relayInfo[offset + 1] ?? 0);
  }
  return found && offset === relayInfo.length;
}
