import ipaddr from 'ipaddr.js';
import { refuse, refuseTwins } from './refusal.ts';

const FORMAT = 'hostname.if(5)';

/**
 * hostname.if(5) lines that give the host's interface the gateway address of each VM's /64.
 * @param networks each a /64: `2001:db8:0:1::/64`
 * @throws OperatorError FILE_REFUSED for anything else, and for a network that is there twice
 */
export function renderHostnameIf(networks: readonly string[]): string {
  const gateways = networks.map((network) => address6(network, 1));
  refuseTwins(FORMAT, 'networks', gateways);
  return gateways.map((gateway) => `inet6 alias ${gateway} 64\n`).join('');
}

/** The address with this number of a /64, canonical (RFC 5952): 1 is the host's, 2 the VM's. */
export function address6(network: string, number: 1 | 2): string {
  const [text = '', bits = ''] = network.split('/');
  const parsed = ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
  if (parsed === null || bits !== '64' || parsed.parts.slice(4).some((part) => part !== 0)) {
    throw refuse(FORMAT, 'it is no /64', network);
  }
  return new ipaddr.IPv6([...parsed.parts.slice(0, 7), number]).toRFC5952String();
}
