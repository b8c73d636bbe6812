/** The table [netboot]: ports and directories of DHCP, TFTP and boot HTTP. */
import { z } from 'zod';
import { absolutePath, port, WORDS } from './value.ts';

export const netbootTable = z.strictObject({
  dhcpPort: port.default(67).describe('UDP port of the DHCP server'),
  tftpPort: port.default(69).describe('UDP port of the TFTP server'),
  bootServerPort: port
    .default(4011)
    .describe('UDP port on which PXE ROMs ask again, where a subnet has dhcp = "proxy"'),
  httpPort: port.default(80).describe('TCP port of boot HTTP; the installer itself always asks on port 80'),
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
    .describe("the netboot process's own directory, for the leases of pools; made where a subnet has one"),
});
