import {
  type Cidr4,
  contains,
  type Ipv4,
  ipv4FromNumber,
  type Lladdr,
  networkOf,
} from '../common/address.ts';
import { refuse, refuseTwins } from './refusal.ts';

/** A subnet as dhcpd.conf(5) declares it, with the VMs that have their addresses there. */
export interface DhcpdSubnet {
  readonly cidr: Cidr4;
  readonly router: Ipv4;
  readonly dns: readonly Ipv4[];
  readonly domain: string | null;
  readonly leaseSeconds: number;
  /** siaddr: where the installer asks for its response file. */
  readonly nextServer: Ipv4;
  readonly hosts: readonly DhcpdHost[];
}

export interface DhcpdHost {
  readonly name: string;
  readonly lladdr: Lladdr;
  readonly address: Ipv4;
  readonly hostName: string;
}

const FORMAT = 'dhcpd.conf(5)';

/**
 * dhcpd.conf(5) for a host that keeps the base system's DHCP server. `filename "auto_install"` may stay for
 * ever: what decides whether a VM is installed is the response file, which exists only while it is armed.
 *
 * @throws OperatorError FILE_REFUSED for what dhcpd(8) would refuse or serve wrongly
 */
export function renderDhcpdConf(subnets: readonly DhcpdSubnet[]): string {
  const hosts = subnets.flatMap((subnet) => subnet.hosts);
  refuseTwins(FORMAT, 'hosts', hosts.map(label));
  refuseTwins(
    FORMAT,
    'lladdrs',
    hosts.map(({ lladdr }) => lladdr),
  );
  refuseTwins(
    FORMAT,
    'addresses',
    hosts.map(({ address }) => address),
  );
  return subnets.map(renderSubnet).join('\n');
}

function renderSubnet(subnet: DhcpdSubnet): string {
  const { base, mask } = networkOf(subnet.cidr);
  if (!contains(subnet.cidr, subnet.router)) {
    throw refuse(FORMAT, `the router lies outside ${subnet.cidr}`, subnet.router);
  }
  const lease = seconds(subnet.leaseSeconds);
  const lines = [
    `option routers ${subnet.router};`,
    ...(subnet.dns.length === 0 ? [] : [`option domain-name-servers ${subnet.dns.join(', ')};`]),
    ...(subnet.domain === null ? [] : [`option domain-name ${quote(subnet.domain)};`]),
    `default-lease-time ${lease};`,
    `max-lease-time ${lease};`,
    ...subnet.hosts.flatMap((host) => renderHost(subnet, host)),
  ];
  const head = `subnet ${ipv4FromNumber(base)} netmask ${ipv4FromNumber(mask)} {`;
  return [head, ...lines.map((line) => `\t${line}`), '}', ''].join('\n');
}

function renderHost(subnet: DhcpdSubnet, host: DhcpdHost): readonly string[] {
  if (!contains(subnet.cidr, host.address)) {
    throw refuse(FORMAT, `the address of ${host.name} lies outside ${subnet.cidr}`, host.address);
  }
  return [
    `host ${label(host)} {`,
    `\thardware ethernet ${host.lladdr};`,
    `\tfixed-address ${host.address};`,
    '\tfilename "auto_install";',
    `\tnext-server ${subnet.nextServer};`,
    `\toption host-name ${quote(host.hostName)};`,
    '}',
  ];
}

/**
 * A declaration's name is a list of identifiers, which is less than a VM may be called: where the name does
 * not fit, the lladdr names it. Nothing but messages shows it.
 */
function label({ name, lladdr }: DhcpdHost): string {
  const fits = /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9][A-Za-z0-9_-]*)*$/.test(name);
  return fits ? name : `vm-${lladdr.replaceAll(':', '-')}`;
}

/** Strings take a backslash as an escape in some dhcpd(8) and not in others, so both signs are refused. */
function quote(text: string): string {
  if (!/^[\x20-\x7e]{1,255}$/.test(text) || /["\\]/.test(text)) {
    throw refuse(FORMAT, 'a string is up to 255 printable characters, no quote, no backslash', text);
  }
  return `"${text}"`;
}

function seconds(value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 0xffffffff) return value;
  throw refuse(FORMAT, 'a lease is a number of seconds in 32 bits', value);
}
