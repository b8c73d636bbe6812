/** A table [[subnets]]: a network of VMs and machines, and what they are told in it. */
import { z } from 'zod';
import { cidr4, ipv4, ipv4Range, ipv6, matching, WORDS, whole } from './value.ts';

export const subnetTable = z.strictObject({
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
    .describe(
      'an IPv6 address of this machine on which TFTP and boot HTTP answer too; a VM is known there by its /64',
    ),
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
