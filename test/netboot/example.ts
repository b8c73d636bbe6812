import { readFileSync } from 'node:fs';
import type { Armed, Catalog, CatalogClient } from '../../netboot/catalog.ts';
import type { Cidr4, Ipv4, Lladdr } from '../../src/common/address.ts';

/** Milliseconds since the epoch: the "now" of tests that need one. */
export const NOON = Date.UTC(2025, 0, 1, 12);

export const TOKEN = 'q7Zr0c1JbX3vWm5nT9dKfA';

export const ARMED: Armed = {
  token: TOKEN,
  mode: 'install',
  release: '7.6',
  arch: 'amd64',
  answers: [
    { key: 'System hostname', value: 'web' },
    { key: 'Password for root account', value: '*************', secret: true },
  ],
  until: NOON + 600_000,
};

/** Armed for an install; the subnet of the measured packets. */
export const WEB: CatalogClient = {
  name: 'web',
  lladdr: '52:54:00:12:34:56' as Lladdr,
  address: '10.77.0.7' as Ipv4,
  dhcp: true,
  hostName: 'web',
  armed: ARMED,
};

/** Not armed. */
export const MAIL: CatalogClient = {
  name: 'mail',
  lladdr: 'fe:e1:bb:d1:4c:07' as Lladdr,
  address: '10.77.0.8' as Ipv4,
  dhcp: true,
  hostName: 'mail',
  armed: null,
};

/** Gets its address from somebody else. */
export const FOREIGN: CatalogClient = {
  name: 'foreign',
  lladdr: 'fe:e1:bb:d1:4c:09' as Lladdr,
  address: '10.77.0.9' as Ipv4,
  dhcp: false,
  hostName: 'foreign',
  armed: null,
};

/** Reserved on an address that no subnet has. */
export const HOMELESS: CatalogClient = {
  name: 'homeless',
  lladdr: 'fe:e1:bb:d1:4c:0a' as Lladdr,
  address: '192.0.2.1' as Ipv4,
  dhcp: true,
  hostName: 'homeless',
  armed: null,
};

export const BOOT_ADDRESS = '10.77.0.1' as Ipv4;

export const CATALOG: Catalog = {
  subnets: [
    {
      cidr: '10.77.0.0/24' as Cidr4,
      router: '10.77.0.254' as Ipv4,
      dns: ['10.77.0.2' as Ipv4, '10.77.0.3' as Ipv4],
      domain: 'example.org',
      leaseSeconds: 3600,
      bootAddress: BOOT_ADDRESS,
    },
  ],
  clients: [WEB, MAIL, FOREIGN, HOMELESS],
};

/** A packet of fixtures/packets. */
export function fixturePacket(name: string): Uint8Array {
  const hex = readFileSync(new URL(`../../fixtures/packets/${name}`, import.meta.url), 'utf8');
  return Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
}
