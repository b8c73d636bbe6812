/**
 * puffboot.toml: the one definition from which types, defaults, messages and the README's table come.
 * Unknown keys are refused. Checks that span several keys are in `cross.ts`.
 */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { type Cidr4, type Ipv4, ipv4ToNumber, parseCidr4, parseIpv4 } from '../common/address.ts';
import { parseSize, RELEASE, SET_PATTERN, TIMEZONE, URL_OF_FILE } from '../common/form.ts';
import { setsTable, siteTable } from './sets-schema.ts';
import { matching, parsed, WORDS, whole } from './value.ts';

/** Addresses from `first` to `last`, both included. */
export interface Ipv4Range {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

const ipv4 = parsed(parseIpv4, 'an IPv4 address such as 192.0.2.1');
const cidr4 = parsed<Cidr4>(parseCidr4, 'a network such as 192.0.2.0/24, without host bits');
const ipv4Range = parsed(
  parseRange,
  'FIRST-LAST such as 192.0.2.10-192.0.2.49, the first not above the last',
);
const ipv6 = parsed(
  (text) => (ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text).toRFC5952String() : null),
  'an IPv6 address such as 2001:db8::1',
);
const ipv6Prefix = parsed(
  parsePrefix,
  'an IPv6 network such as 2001:db8:0:100::/56, from /48 to /64, without host bits',
);
const size = parsed(parseSize, 'a size such as 512M or 20G');
const memory = parsed(parseMemory, 'a size from 64M to 128G');
const port = whole(1, 65535, 'a port from 1 to 65535');
const absolutePath = matching(
  /^\/[^\u0000-\u001f\u007f"]*$/,
  'an absolute path without quotes or control characters',
);
const login = matching(
  /^[a-z_][a-z0-9_-]{0,30}$/,
  'a login name: a lower-case letter or _, then up to 30 of a-z 0-9 _ -',
);
const groupName = matching(
  /^[a-z_]([a-z0-9_-]{0,13}[a-z_-])?$/,
  'a group name: a lower-case letter or _, then up to 14 of a-z 0-9 _ -, no digit at the end',
);
const nodeName = matching(/^[A-Za-z0-9.-]{1,63}$/, 'a name of letters, digits, dots and hyphens');

const vmDefaults = z.strictObject({
  memory: memory.prefault('1G').describe('memory of a new VM, as vmctl(8) writes sizes'),
  disks: z
    .array(size)
    .min(1)
    .max(4)
    .prefault(['20G'])
    .register(WORDS, { words: 'a list of 1 to 4 sizes such as ["20G"]' })
    .describe('size of each disk of a new VM'),
  format: z.enum(['raw', 'qcow2']).default('qcow2').describe('format of the disk images'),
  release: matching(RELEASE, 'a release such as 7.6')
    .default('7.6')
    .describe('OpenBSD release that is installed'),
  arch: z.literal('amd64').default('amd64').describe('architecture of the guests'),
  sets: z
    .array(matching(SET_PATTERN, 'a set name or pattern such as -game*'))
    .default([])
    .describe('selections for the question `Set name(s)`, such as `-game*`'),
  timezone: matching(TIMEZONE, 'a timezone such as Europe/Amsterdam')
    .default('UTC')
    .describe('timezone of a new VM'),
  disklabel: matching(URL_OF_FILE, 'a URL such as http://192.0.2.1/disklabel')
    .optional()
    .describe("disklabel(8) template for the root disk of a new VM; none: the installer's own layout"),
  ipv4Method: z
    .enum(['dhcp', 'static'])
    .default('dhcp')
    .describe('how an installed system gets its IPv4 address: asks for it, or has it written down'),
  passwords: z
    .boolean()
    .default(false)
    .describe(
      "random passwords for root and the owner at each install, told as the comment of the owner's key",
    ),
});

const subnet = z.strictObject({
  cidr: cidr4.describe('the network, as address/bits'),
  router: ipv4.describe('default route of its VMs'),
  dns: z.array(ipv4).default([]).describe('name servers of its VMs'),
  domain: matching(
    /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    'a domain name such as example.net',
  )
    .optional()
    .describe('domain of its VMs'),
  leaseSeconds: whole(60, 0xffffffff, 'seconds, 60 or more')
    .default(3600)
    .describe('length of a DHCP lease, in seconds'),
  bootAddress: ipv4
    .optional()
    .describe(
      'the one address, reachable from this subnet, that is siaddr, TFTP and boot HTTP server for its VMs; without it no host may use the subnet',
    ),
  bootAddress6: ipv6
    .optional()
    .describe('an IPv6 address of this machine on which TFTP answers too; a VM is known there by its /64'),
  dhcp: z
    .enum(['own', 'proxy'])
    .default('own')
    .describe(
      'who gives out addresses: puffboot, or somebody else, beside whom puffboot only tells PXE ROMs what to boot',
    ),
  pool: ipv4Range
    .optional()
    .describe(
      'addresses for machines that the inventory does not know; without it they get no answer. It needs relays, or a single subnet',
    ),
  relayed: z
    .boolean()
    .default(false)
    .describe('its machines reach puffboot through DHCP relays alone, never by broadcast'),
  console: z
    .enum(['com0', 'com1', 'com2', 'com3'])
    .default('com0')
    .describe('serial port that is the console of its machines; a VM of vmd(8) has com0 alone'),
  consoleSpeed: z
    .literal([9600, 19200, 38400, 57600, 115200])
    .register(WORDS, { words: '9600, 19200, 38400, 57600 or 115200' })
    .default(115200)
    .describe('bits per second of that port'),
});

const host = z.strictObject({
  name: matching(
    /^[A-Za-z][A-Za-z0-9.-]{0,62}$/,
    'a host name: a letter, then up to 62 letters, digits, dots and hyphens',
  ).describe('name of the host'),
  access: z
    .enum(['local', 'ssh', 'rehearsal'])
    .default('local')
    .describe('how to reach it: `local` is this machine, `ssh` another one, `rehearsal` a simulated host'),
  address: matching(
    /^([a-z_][a-z0-9_-]{0,30}@)?[A-Za-z0-9][A-Za-z0-9._:-]{0,252}$/,
    'user@host or a name of ssh_config(5)',
  )
    .optional()
    .describe('where ssh(1) goes; only with access = "ssh"'),
  sshPort: port.optional().describe('port of its sshd(8), where ssh_config(5) does not say it'),
  sshIdentity: absolutePath.optional().describe('private key; left out, those that ssh(1) finds by itself'),
  sshKnownHosts: absolutePath.optional().describe("file with its host key; left out, ssh(1)'s own"),
  root: absolutePath.optional().describe('directory of the simulated host; only with access = "rehearsal"'),
  become: z
    .array(z.string().min(1).register(WORDS, { words: 'a command or argument' }))
    .default(['doas'])
    .describe('command put before what only root may do; `[]` when puffboot operates as root'),
  node: nodeName.default('local').describe('which puffboot node drives this host'),
  dhcp: z
    .enum(['own', 'relay', 'dhcpd', 'local'])
    .default('own')
    .describe(
      "who answers its VMs: puffboot directly, puffboot through a relay, dhcpd(8), or vmd's local interface",
    ),
  lladdrPrefix: matching(/^[0-9a-f]{2}(:[0-9a-f]{2}){4}$/i, 'five octets such as fe:e1:bb:d1:4c')
    .transform((text) => text.toLowerCase())
    .describe("first five octets of its VMs' lladdr; the VM's id is the sixth"),
  ipv4Range: ipv4Range.describe('addresses for its VMs, within one subnet: VM 1 gets the first'),
  ipv6Prefix: ipv6Prefix.optional().describe('network from which each VM gets a /64: VM 1 gets the first'),
  switch: matching(/^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, 'a switch name of vm.conf(5)')
    .default('uplink')
    .describe('switch of vm.conf(5) to which its VMs are connected'),
  switchInterface: matching(/^(bridge|veb)\d{1,9}$/, 'a bridge(4) or veb(4) interface such as veb0')
    .default('veb0')
    .describe('interface of that switch'),
  gatewayInterface: matching(/^(?=.{2,15}$)[a-z]+\d+$/, 'an interface such as vport0')
    .default('vport0')
    .describe('interface of the host itself in the network of its VMs'),
  privateInterface: matching(/^(bridge|veb)\d{1,6}$/, 'a bridge(4) or veb(4) interface such as veb100')
    .default('veb100')
    .describe('interface of the first private network between its VMs; the others are counted on from it'),
  privateRange: parsed<Cidr4>(parseCidr16, 'a network of 16 bits such as 10.64.0.0/16')
    .prefault('10.64.0.0/16')
    .describe(
      'addresses in private networks: the number of the network is the third octet, the id of the VM the fourth',
    ),
  group: groupName
    .default('_puffboot')
    .describe("puffboot's own group, which vm.conf(5) lets start the VMs and open their consoles"),
  socketGroup: groupName
    .default('vmdusers')
    .describe("group that may use vmd's control socket: the customers, and puffboot's own user"),
  startParallel: whole(1, 254, 'a number from 1 to 254')
    .default(1)
    .describe('how many VMs vmd(8) starts at once when the host boots'),
  startDelaySeconds: whole(1, 3600, 'seconds, 1 to 3600')
    .default(30)
    .describe('how long vmd(8) waits before it starts the next ones, in seconds'),
  installsAtOnce: whole(1, 254, 'a number from 1 to 254')
    .default(4)
    .describe('how many installs and upgrades it works on at once; the others wait in its queue'),
  agentx: z.boolean().default(false).describe('vmd(8) tells an SNMP agent about its VMs'),
  alarmMail: matching(
    /^[A-Za-z0-9_][A-Za-z0-9_.+-]*(@[A-Za-z0-9.-]+)?$/,
    'a user or a mail address such as root or ops@example.net',
  )
    .default('root')
    .describe('who is told by mail when a drive of the host fails'),
  capacity: whole(1, 254, 'a number of VMs from 1 to 254 (the id is one octet of the lladdr)')
    .default(40)
    .describe('how many VMs it takes'),
  diskDirectory: absolutePath.default('/home/vm').describe('where disk images are made on the host'),
  configDirectory: absolutePath
    .default('/etc/puffboot')
    .describe('where vm.conf fragments and ramdisk kernels are put on the host'),
  vmDefaults: z.prefault(vmDefaults, {}).describe('what a new VM gets unless it is ordered otherwise'),
});

export const ConfigSchema = z.strictObject({
  stateDirectory: absolutePath.default('/var/puffboot').describe('database, recordings and control socket'),
  node: nodeName.default('local').describe('name of this puffboot node'),
  serve: z.prefault(
    z.strictObject({
      operateUser: login.default('_puffboot').describe('user of the operate process when started as root'),
      netbootUser: login.default('_puffnet').describe('user of the netboot process when started as root'),
    }),
    {},
  ),
  netboot: z.prefault(
    z.strictObject({
      dhcpPort: port.default(67).describe('UDP port of the DHCP server'),
      tftpPort: port.default(69).describe('UDP port of the TFTP server'),
      bootServerPort: port
        .default(4011)
        .describe('UDP port on which PXE ROMs ask again, where a subnet has dhcp = "proxy"'),
      httpPort: port
        .default(80)
        .describe('TCP port of boot HTTP; the installer itself always asks on port 80'),
      broadcast: z.boolean().default(true).describe('also receive DHCP broadcasts, on 0.0.0.0'),
      setsDirectory: absolutePath
        .default('/var/puffboot/sets')
        .describe('directory that holds pub/OpenBSD/RELEASE/ARCH'),
      remote: z
        .array(z.string().min(1).register(WORDS, { words: 'a command or argument' }))
        .min(1)
        .optional()
        .register(WORDS, {
          words: 'a command such as ["ssh", "boot1", "puffboot", "netboot", "--channel", "stdio"]',
        })
        .describe(
          'command that leads to `puffboot netboot` on another machine; `serve` then has no netboot process of its own',
        ),
      tftpDirectory: absolutePath
        .optional()
        .describe('files that TFTP gives to anybody, beside what is made for armed machines'),
      tftpdDirectory: absolutePath
        .optional()
        .describe(
          "the base system's tftpd(8) serves TFTP from this directory, of the netboot process, and asks puffboot which file a name means",
        ),
      leasesDirectory: absolutePath
        .default('/var/puffnet')
        .describe(
          "the netboot process's own directory, for the leases of pools; made where a subnet has one",
        ),
    }),
    {},
  ),
  sets: z.prefault(setsTable, {}),
  site: z.prefault(siteTable, {}),
  telemetry: z.prefault(
    z.strictObject({
      intervalSeconds: whole(0, 3600, 'seconds, 0 to 3600')
        .default(30)
        .describe('how often each host is asked about its VMs, in seconds; 0: never'),
      samples: whole(10, 100_000, 'a number from 10 to 100000')
        .default(960)
        .describe(
          'how many samples of each VM are kept in memory, 16 bytes each; 960 at 30 s are eight hours',
        ),
    }),
    {},
  ),
  retired: z.prefault(
    z.strictObject({
      holdDays: whole(0, 3650, 'days, 0 to 3650')
        .default(30)
        .describe("how long a removed VM's id and addresses are given to no other VM"),
    }),
    {},
  ),
  web: z.prefault(
    z.strictObject({
      enabled: z.boolean().default(true).describe('serve the operator web'),
      address: ipv4
        .prefault('127.0.0.1')
        .describe(
          'address of the operator web; beyond loopback (127.0.0.0/8) it shows nothing without a login',
        ),
      port: port.default(8080).describe('port of the operator web'),
    }),
    {},
  ),
  console: z.prefault(
    z.strictObject({
      prompts: absolutePath
        .optional()
        .describe(
          'a table of your own prompts, tried before the built-in ones; read anew for each install, and need not exist yet',
        ),
    }),
    {},
  ),
  subnets: z
    .array(subnet)
    .min(1)
    .register(WORDS, { words: 'one or more [[subnets]] tables' })
    .describe('networks of VMs'),
  hosts: z
    .array(host)
    .min(1)
    .register(WORDS, { words: 'one or more [[hosts]] tables' })
    .describe('vmd(8) hosts'),
});

/** Frozen through and through by `parseConfig`. */
export type Config = DeepReadonly<z.output<typeof ConfigSchema>>;
export type SubnetConfig = Config['subnets'][number];
export type HostConfig = Config['hosts'][number];
export type VmDefaults = HostConfig['vmDefaults'];

type DeepReadonly<T> = T extends string | number | boolean | null | undefined
  ? T
  : { readonly [Key in keyof T]: DeepReadonly<T[Key]> };

/** vmd(8) takes no less than the guest needs to boot, and no more than 128 GiB. */
function parseMemory(text: string): number | null {
  const mebibytes = parseSize(text);
  return mebibytes !== null && mebibytes >= 64 && mebibytes <= 128 * 1024 ? mebibytes : null;
}

/** A network with two octets of its own. */
function parseCidr16(text: string): Cidr4 | null {
  return text.endsWith('/16') ? parseCidr4(text) : null;
}

function parseRange(text: string): Ipv4Range | null {
  const [first, last, ...rest] = text.split('-').map((part) => parseIpv4(part.trim()));
  if (!first || !last || rest.length > 0) return null;
  return ipv4ToNumber(first) <= ipv4ToNumber(last) ? { first, last } : null;
}

/** Canonical (RFC 5952), or null. */
function parsePrefix(text: string): string | null {
  if (!/^[0-9a-f:]+\/\d{2}$/i.test(text) || !ipaddr.IPv6.isValidCIDR(text)) return null;
  const [address, bits] = ipaddr.IPv6.parseCIDR(text);
  const network = ipaddr.IPv6.networkAddressFromCIDR(text).toString();
  if (bits < 48 || bits > 64 || network !== address.toString()) return null;
  return `${address.toRFC5952String()}/${bits}`;
}
