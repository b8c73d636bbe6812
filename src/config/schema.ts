/**
 * puffboot.toml: the one definition from which types, defaults and the README's table come. Unknown keys are
 * refused. Checks that span several keys are in `parse.ts`.
 */
import { z } from 'zod';
import { type Cidr4, type Ipv4, parseCidr4, parseIpv4 } from '../common/address.ts';

const ipv4 = z
  .string()
  .refine((text) => parseIpv4(text) !== null, 'expected an IPv4 address such as 192.0.2.1')
  .transform((text) => text as Ipv4);
const cidr4 = z
  .string()
  .refine((text) => parseCidr4(text) !== null, 'expected a network such as 192.0.2.0/24, without host bits')
  .transform((text) => text as Cidr4);
const port = z
  .int('expected a whole number')
  .min(1, 'expected a port from 1 to 65535')
  .max(65535, 'expected a port from 1 to 65535');
const absolutePath = z
  .string()
  .regex(/^\/[^\0\n"]*$/, 'expected an absolute path without quotes or newlines');
const login = z
  .string()
  .regex(
    /^[a-z_][a-z0-9_-]{0,30}$/,
    'expected a login name: a lower-case letter or _, then up to 30 of a-z 0-9 _ -',
  );
/** Sizes as vmctl(8) writes them, in MiB. */
const size = z
  .string()
  .regex(/^[1-9]\d{0,6}[MG]$/, 'expected a size such as 512M or 20G')
  .transform((text) => Number(text.slice(0, -1)) * (text.endsWith('G') ? 1024 : 1));
const release = z.string().regex(/^\d{1,2}\.\d$/, 'expected a release such as 7.6');

const vmDefaults = z.strictObject({
  memory: size.default(1024).describe('memory of a new VM, as vmctl(8) writes sizes'),
  disks: z
    .array(size)
    .min(1, 'expected at least one disk')
    .max(4, 'vmd(8) takes at most 4 disks')
    .default([20480])
    .describe('size of each disk of a new VM'),
  format: z.enum(['raw', 'qcow2']).default('qcow2').describe('format of the disk images'),
  release: release.default('7.6').describe('OpenBSD release that is installed'),
  arch: z.literal('amd64').default('amd64').describe('architecture of the guests'),
  sets: z
    .array(z.string().regex(/^[-+]?[A-Za-z0-9.*_-]+$/, 'expected a set name or pattern such as -game*'))
    .default([])
    .describe('selections for the question `Set name(s)`, such as `-game*`'),
  timezone: z
    .string()
    .regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/, 'expected a timezone such as Europe/Amsterdam')
    .default('UTC')
    .describe('timezone of a new VM'),
});

const subnet = z.strictObject({
  cidr: cidr4.describe('the network, as address/bits'),
  router: ipv4.describe('default route of its VMs'),
  dns: z.array(ipv4).default([]).describe('name servers of its VMs'),
  domain: z
    .string()
    .regex(/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/, 'expected a domain name')
    .optional()
    .describe('domain of its VMs'),
  leaseSeconds: z
    .int()
    .min(60, 'expected at least 60')
    .default(3600)
    .describe('length of a DHCP lease, in seconds'),
  bootAddress: ipv4
    .optional()
    .describe(
      'the one address, reachable from this subnet, that is siaddr, TFTP and boot HTTP server for its VMs',
    ),
});

const host = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9.-]{0,62}$/, 'expected a host name')
    .describe('name of the host'),
  access: z
    .enum(['local', 'rehearsal'])
    .default('local')
    .describe('how to reach it: `local` is this machine, `rehearsal` a simulated host'),
  root: absolutePath.optional().describe('directory of the simulated host (only with access = "rehearsal")'),
  become: z
    .array(z.string().min(1))
    .default(['doas'])
    .describe('command put before what only root may do; `[]` when puffboot operates as root'),
  node: z.string().default('local').describe('which puffboot node drives this host'),
  dhcp: z
    .enum(['own', 'relay', 'dhcpd', 'local'])
    .default('own')
    .describe(
      "who answers its VMs: puffboot directly, puffboot through a relay, dhcpd(8), or vmd's local interface",
    ),
  lladdrPrefix: z
    .string()
    .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){4}$/i, 'expected five octets such as fe:e1:bb:d1:4c')
    .transform((text) => text.toLowerCase())
    .describe("first five octets of its VMs' lladdr; the VM's id is the sixth"),
  ipv4Range: z
    .string()
    .regex(/^[\d.]+-[\d.]+$/, 'expected FIRST-LAST such as 192.0.2.10-192.0.2.49')
    .describe('addresses for its VMs, FIRST-LAST, within one subnet'),
  ipv6Prefix: z
    .string()
    .optional()
    .describe('network from which each VM gets a /64, such as 2001:db8:0:100::/56'),
  switch: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, 'expected a switch name')
    .default('uplink')
    .describe('switch of vm.conf(5) to which its VMs are connected'),
  group: login
    .default('_puffboot')
    .describe('group of vm.conf(5) that may start its VMs and open their consoles'),
  capacity: z
    .int()
    .min(1)
    .max(254, 'the id is one octet of the lladdr: at most 254')
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
  node: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,63}$/, 'expected a name')
    .default('local')
    .describe('name of this puffboot node'),
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
      httpPort: port
        .default(80)
        .describe('TCP port of boot HTTP; the installer itself always asks on port 80'),
      broadcast: z.boolean().default(true).describe('also receive DHCP broadcasts, on 0.0.0.0'),
      setsDirectory: absolutePath
        .default('/var/puffboot/sets')
        .describe('directory that holds pub/OpenBSD/RELEASE/ARCH'),
    }),
    {},
  ),
  web: z.prefault(
    z.strictObject({
      enabled: z.boolean().default(true).describe('serve the operator web'),
      address: ipv4
        .default('127.0.0.1' as Ipv4)
        .describe('address of the operator web; it has no login yet, keep it on loopback'),
      port: port.default(8080).describe('port of the operator web'),
    }),
    {},
  ),
  subnets: z.array(subnet).min(1, 'expected at least one [[subnets]]').describe('networks of VMs'),
  hosts: z.array(host).min(1, 'expected at least one [[hosts]]').describe('vmd(8) hosts'),
});

export type Config = Readonly<z.output<typeof ConfigSchema>>;
export type SubnetConfig = Config['subnets'][number];
export type HostConfig = Config['hosts'][number];
export type VmDefaults = HostConfig['vmDefaults'];
