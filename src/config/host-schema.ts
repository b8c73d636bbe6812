/** A table [[hosts]]: a vmd(8) host, how it is reached, and what its VMs get. */
import { z } from 'zod';
import { RELEASE, SET_PATTERN, TIMEZONE, URL_OF_FILE } from '../common/form.ts';
import {
  absolutePath,
  cidr16,
  groupName,
  ipv4Range,
  ipv6Prefix,
  matching,
  memory,
  nodeName,
  port,
  size,
  WORDS,
  whole,
} from './value.ts';

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

export const hostTable = z.strictObject({
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
  privateRange: cidr16
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
