import type { Ipv4 } from '../common/address.ts';
import { interfaceName } from './refusal.ts';

/** The network of a host's VMs, as pf(4) sees it. */
export interface PfNetwork {
  /** The host's own interface in that network: `vport0`. */
  readonly interface: string;
  readonly bootAddress: Ipv4;
  readonly httpPort: number;
  /** Addresses of its VMs, and the /64 of each. */
  readonly ipv4: readonly Ipv4[];
  readonly ipv6: readonly string[];
  /** What the host could give to VMs and has not: single addresses, and the prefix of all /64s. */
  readonly free: { readonly ipv4: readonly Ipv4[]; readonly ipv6Prefix: string | null };
}

const FORMAT = 'pf.conf(5)';

/**
 * pf.conf(5) rules for the network of the VMs: they can be booted and installed, and none of them may take an
 * address of the host's range that it was not given. Only that range is refused, because the router and the
 * operator may come in on the same interface. Everything beyond is left to the rules around these.
 *
 * @throws OperatorError FILE_REFUSED for an interface that cannot be one
 */
export function renderPfConf(network: PfNetwork): string {
  const { ipv4, ipv6, free, bootAddress, httpPort } = network;
  const on = `on ${interfaceName(FORMAT, network.interface)}`;
  // Within a table the narrower entry wins, so that `!` lets a VM's /64 out of the prefix.
  const free6 = free.ipv6Prefix === null ? [] : [free.ipv6Prefix, ...ipv6.map((each) => `!${each}`)];
  return [
    ...table('puffboot_vms', [...ipv4, ...ipv6]),
    ...table('puffboot_free', [...free.ipv4, ...free6]),
    `block in log quick ${on} from <puffboot_free>`,
    `pass in quick ${on} inet proto udp from { 0.0.0.0 <puffboot_vms> } port 68 to { 255.255.255.255 ${bootAddress} } port 67`,
    // Neighbour discovery and duplicate address detection begin before there is an address.
    `pass in quick ${on} inet6 proto ipv6-icmp from { ::/128 fe80::/10 <puffboot_vms> }`,
    `pass in quick ${on} inet proto tcp from <puffboot_vms> to ${bootAddress} port ${httpPort}`,
    '',
  ].join('\n');
}

function table(name: string, entries: readonly string[]): readonly string[] {
  return [`table <${name}> const {`, ...entries.map((entry) => `\t${entry}`), '}'];
}
