import ipaddr from 'ipaddr.js';
import { type Cidr4, contains, ipv4ToNumber, networkOf } from '../common/address.ts';
import { show } from '../common/form.ts';
import { type Draft, draftOf } from './draft.ts';
import {
  type Host,
  prefixHoldsCapacity,
  rangeHoldsCapacity,
  rangeInOneSubnet,
  type Subnet,
  type Told,
} from './host-range.ts';
import type { Finding } from './mistake.ts';
import { poolInSubnet, poolOfOneNetwork } from './pool.ts';
import type { Ipv4Range } from './value.ts';

/** Every mistake that lies between keys, each of which is right by itself. */
export function crossFindings(raw: unknown): readonly Finding[] {
  const draft = draftOf(raw);
  return CHECKS.flatMap((check) => check(draft));
}

type Check = (draft: Draft) => readonly Finding[];

const CHECKS: readonly Check[] = [
  usersDiffer,
  portsDiffer,
  directoriesDiffer,
  eachSubnet(routerInside),
  eachSubnet(poolInSubnet),
  eachSubnet(poolOfOneNetwork),
  ({ subnets }) =>
    clashes(['subnets', 'cidr'], pick(subnets, 'cidr'), networksOverlap, 'a network apart from the others'),
  ({ hosts }) => clashes(['hosts', 'name'], pick(hosts, 'name'), same, 'a name of its own'),
  ({ hosts }) => clashes(['hosts', 'root'], pick(hosts, 'root'), identical, 'a directory of its own'),
  ({ hosts }) =>
    clashes(['hosts', 'lladdrPrefix'], pick(hosts, 'lladdrPrefix'), identical, 'a prefix of its own'),
  ({ hosts }) =>
    clashes(['hosts', 'ipv4Range'], pick(hosts, 'ipv4Range'), rangesOverlap, 'a range apart from the others'),
  ({ hosts }) =>
    clashes(
      ['hosts', 'ipv6Prefix'],
      pick(hosts, 'ipv6Prefix'),
      prefixesOverlap,
      'a prefix apart from the others',
    ),
  eachHost(unicast),
  eachHost(rangeInOneSubnet),
  eachHost(rangeHoldsCapacity),
  eachHost(prefixHoldsCapacity),
  eachHost(rootOfRehearsal),
  eachHost(addressOfSsh),
];

function usersDiffer({ serve }: Draft): readonly Finding[] {
  if (serve.operateUser === undefined || serve.operateUser !== serve.netbootUser) return [];
  const message = `expected another user than operateUser, so that a hostile packet meets no keys (found "${serve.netbootUser}")`;
  return [{ path: ['serve', 'netbootUser'], message }];
}

/** Each belongs to the user of its process. */
function directoriesDiffer({ stateDirectory, netboot }: Draft): readonly Finding[] {
  return (['leasesDirectory', 'tftpdDirectory'] as const).flatMap((key) => {
    if (stateDirectory === undefined || stateDirectory !== netboot[key]) return [];
    const message = `expected another directory than stateDirectory (found ${show(netboot[key])})`;
    return [{ path: ['netboot', key], message }];
  });
}

/** DHCP and TFTP share UDP; boot HTTP and the operator web share TCP where they share an address. */
function portsDiffer({ netboot, web, subnets }: Draft): readonly Finding[] {
  const findings: Finding[] = [];
  if (netboot.dhcpPort !== undefined && netboot.dhcpPort === netboot.tftpPort) {
    const message = `expected another port than dhcpPort (found ${netboot.tftpPort})`;
    findings.push({ path: ['netboot', 'tftpPort'], message });
  }
  for (const key of ['dhcpPort', 'tftpPort'] as const) {
    if (netboot.bootServerPort === undefined || netboot.bootServerPort !== netboot[key]) continue;
    const message = `expected another port than ${key} (found ${netboot.bootServerPort})`;
    findings.push({ path: ['netboot', 'bootServerPort'], message });
  }
  const shared = subnets.some(
    (subnet) => subnet.bootAddress !== undefined && subnet.bootAddress === web.address,
  );
  if (web.enabled && shared && web.port !== undefined && web.port === netboot.httpPort) {
    const message = `expected another port than netboot.httpPort, as boot HTTP has the same address (found ${web.port})`;
    findings.push({ path: ['web', 'port'], message });
  }
  return findings;
}

/** What two tables of a list have in common and may not; the later one is told. */
function clashes<Value extends string | Ipv4Range>(
  path: readonly [list: 'subnets' | 'hosts', key: string],
  values: readonly (Value | undefined)[],
  clash: (a: Value, b: Value) => boolean,
  words: string,
): readonly Finding[] {
  const [list, key] = path;
  return values.flatMap((value, index) => {
    if (value === undefined) return [];
    const other = values.findIndex((earlier) => earlier !== undefined && clash(value, earlier));
    if (other >= index) return [];
    const found = typeof value === 'string' ? value : `${value.first}-${value.last}`;
    const message = `expected ${words} (found ${show(found)}, which clashes with ${list}[${other}])`;
    return [{ path: [list, index, key], message }];
  });
}

const pick = <Table, Key extends keyof Table>(tables: readonly Table[], key: Key): readonly Table[Key][] =>
  tables.map((table) => table[key]);

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const identical = (a: string, b: string): boolean => a === b;

function networksOverlap(a: Cidr4, b: Cidr4): boolean {
  const [one, other] = [networkOf(a), networkOf(b)];
  return one.base <= other.broadcast && other.base <= one.broadcast;
}

function rangesOverlap(a: Ipv4Range, b: Ipv4Range): boolean {
  return ipv4ToNumber(a.first) <= ipv4ToNumber(b.last) && ipv4ToNumber(b.first) <= ipv4ToNumber(a.last);
}

function prefixesOverlap(a: string, b: string): boolean {
  const [[one, oneBits], [other, otherBits]] = [ipaddr.IPv6.parseCIDR(a), ipaddr.IPv6.parseCIDR(b)];
  return one.match(other, Math.min(oneBits, otherBits));
}

function eachHost(check: (host: Host, draft: Draft) => Told): Check {
  return (draft) =>
    draft.hosts.flatMap((host, index) =>
      check(host, draft).map(([key, message]) => ({ path: ['hosts', index, key], message })),
    );
}

function eachSubnet(check: (subnet: Subnet, draft: Draft) => Told): Check {
  return (draft) =>
    draft.subnets.flatMap((subnet, index) =>
      check(subnet, draft).map(([key, message]) => ({ path: ['subnets', index, key], message })),
    );
}

function routerInside({ cidr, router }: Subnet): Told {
  if (cidr === undefined || router === undefined) return [];
  const { base, broadcast } = networkOf(cidr);
  const usable = contains(cidr, router) && ![base, broadcast].includes(ipv4ToNumber(router));
  return usable ? [] : [['router', `expected an address of a machine in ${cidr} (found ${router})`]];
}

/** Bit 0 of the first octet marks a group address (IEEE 802). */
function unicast({ lladdrPrefix }: Host): Told {
  if (lladdrPrefix === undefined || (Number.parseInt(lladdrPrefix, 16) & 1) === 0) return [];
  const message = `expected a unicast prefix, its first octet even (found "${lladdrPrefix}")`;
  return [['lladdrPrefix', message]];
}

function rootOfRehearsal(table: Host): Told {
  const { access, root } = table;
  if (access === 'rehearsal' && !('root' in table)) {
    return [['root', 'expected a directory for the simulated host (found nothing)']];
  }
  if (access !== undefined && access !== 'rehearsal' && root !== undefined) {
    return [['root', `expected only with access = "rehearsal" (found "${root}")`]];
  }
  return [];
}

const SSH_KEYS = ['address', 'sshPort', 'sshIdentity', 'sshKnownHosts'] as const;

function addressOfSsh(table: Host): Told {
  if (table.access === 'ssh') {
    return 'address' in table
      ? []
      : [['address', 'expected user@host or a name of ssh_config(5) (found nothing)']];
  }
  if (table.access === undefined) return [];
  return SSH_KEYS.flatMap((key) => {
    const value = table[key];
    return value === undefined
      ? []
      : [[key, `expected only with access = "ssh" (found ${show(value)})`] as const];
  });
}
