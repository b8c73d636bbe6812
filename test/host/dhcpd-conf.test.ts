import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cidr4, Ipv4, Lladdr } from '../../src/common/address.ts';
import { type DhcpdHost, type DhcpdSubnet, renderDhcpdConf } from '../../src/host/dhcpd-conf.ts';
import { requireProgram } from '../support/require.ts';

const web: DhcpdHost = {
  name: 'web1',
  lladdr: 'fe:e1:bb:d1:4c:01' as Lladdr,
  address: '192.0.2.10' as Ipv4,
  hostName: 'web1',
};
const named = (name: string, number: number): DhcpdHost => ({
  name,
  lladdr: `fe:e1:bb:d1:4c:0${number}` as Lladdr,
  address: `192.0.2.1${number}` as Ipv4,
  hostName: `h${number}`,
});
const subnet: DhcpdSubnet = {
  cidr: '192.0.2.0/24' as Cidr4,
  router: '192.0.2.1' as Ipv4,
  dns: ['192.0.2.2', '192.0.2.3'] as unknown as Ipv4[],
  domain: 'example.net',
  leaseSeconds: 3600,
  nextServer: '192.0.2.2' as Ipv4,
  hosts: [web],
};
const bare = {
  ...subnet,
  cidr: '198.51.100.0/25' as Cidr4,
  router: '198.51.100.1' as Ipv4,
  dns: [],
  domain: null,
  hosts: [],
};
const names = ['web.1', 'subnet', 'a..b', 'x.-y', 'z_', 'host.', 'a'.repeat(63)];
const CASES: readonly [string, readonly DhcpdSubnet[]][] = [
  ['one-vm', [subnet]],
  ['two-subnets', [subnet, bare]],
  ['awkward-names', [{ ...subnet, hosts: names.map((name, index) => named(name, index + 1)) }]],
];
const DHCPD = requireProgram('/usr/sbin/dhcpd', 'dhcpd');

describe('dhcpd.conf', () => {
  it.each(CASES)('%s', async (name, subnets) => {
    await expect(renderDhcpdConf(subnets)).toMatchFileSnapshot(`../../fixtures/dhcpd-conf/${name}.conf`);
  });

  it.skipIf(DHCPD.skip).each(CASES)("%s passes ISC's own check", (_, subnets) => {
    const directory = mkdtempSync(join(tmpdir(), 'puffboot-dhcpd-'));
    try {
      const file = join(directory, 'dhcpd.conf');
      writeFileSync(file, renderDhcpdConf(subnets));
      execFileSync(DHCPD.path, ['-t', '-q', '-cf', file], { stdio: 'pipe' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  const host = (change: Partial<DhcpdHost>) => [{ ...subnet, hosts: [web, { ...named('b', 2), ...change }] }];
  it.each<[string, readonly DhcpdSubnet[], string]>([
    ['an address outside of the subnet', host({ address: '203.0.113.1' as Ipv4 }), 'outside 192.0.2.0/24'],
    ['a router outside of it', [{ ...subnet, router: '203.0.113.1' as Ipv4 }], 'the router'],
    ['an address twice', host({ address: web.address }), 'two addresses'],
    ['an lladdr twice', host({ lladdr: web.lladdr }), 'two lladdrs'],
    ['a name twice', host({ name: web.name }), 'two hosts'],
    ['a quote', host({ hostName: 'a"; }' }), 'no quote'],
    ['a backslash', [{ ...subnet, domain: 'a\\b' }], 'no backslash'],
    ['a newline', [{ ...subnet, domain: 'a\nb' }], 'printable'],
    ['an empty domain', [{ ...subnet, domain: '' }], 'printable'],
    ['a lease without end', [{ ...subnet, leaseSeconds: 2 ** 32 }], '32 bits'],
  ])('refuses %s', (_, subnets, message) => {
    expect(() => renderDhcpdConf(subnets)).toThrowError(
      expect.objectContaining({ code: 'FILE_REFUSED', message: expect.stringContaining(message) }),
    );
  });
});
