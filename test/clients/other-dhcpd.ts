import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../support/puffboot.ts';
import { requireProgram } from '../support/require.ts';
import type { BootServer } from './boot-server.ts';

export const DHCPD = requireProgram('/usr/sbin/dhcpd');

/** Where somebody else's DHCP server is. */
export const OTHER = '10.77.0.2';

/**
 * Somebody else's ISC dhcpd(8) on the server's network; it is ended with its namespace.
 * @param reserved address by lladdr; with it nobody else gets one
 * @param statements of dhcpd.conf(5) more for one lladdr
 */
export async function startOtherDhcpd(
  { lan, directory }: BootServer,
  reserved: Readonly<Record<string, string>>,
  statements: Readonly<Record<string, string>> = {},
): Promise<void> {
  const station = await lan.station({ address: OTHER });
  const file = (name: string) => join(directory, `${station.namespace}-${name}`);
  const hosts = Object.entries(reserved).map(
    ([lladdr, address], at) =>
      `host h${at} { hardware ethernet ${lladdr}; fixed-address ${address}; ${statements[lladdr] ?? ''} }\n`,
  );
  await writeFile(
    file('dhcpd.conf'),
    `authoritative;\ndefault-lease-time 600;\nsubnet 10.77.0.0 netmask 255.255.255.0 {}\n${hosts.join('')}`,
  );
  await writeFile(file('dhcpd.leases'), '');
  const files = ['-cf', file('dhcpd.conf'), '-lf', file('dhcpd.leases'), '-pf', file('dhcpd.pid')];
  const [command = '', ...argv] = station.inside([DHCPD.path, '-4', '-d', ...files, 'eth0']);
  const child = spawn(command, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`dhcpd ended: ${said}`);
    return said.includes('Server starting service');
  });
}
