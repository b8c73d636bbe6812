import { describe, expect, it } from 'vitest';
import { explain } from '../../netboot/explain.ts';
import { lookupOf } from '../../netboot/lookup.ts';
import type { Ipv4, Lladdr } from '../../src/common/address.ts';
import { CATALOG, FOREIGN, MAIL, NOON, WEB } from './example.ts';

const pool = { first: '10.77.0.100' as Ipv4, last: '10.77.0.103' as Ipv4 };
const withSubnet = (change: object) => ({
  ...CATALOG,
  subnets: CATALOG.subnets.map((subnet) => ({ ...subnet, ...change })),
});
const STRANGER = '02:00:00:00:00:01' as Lladdr;

describe('what a machine would be told', () => {
  it.each([
    ['armed, its BIOS ROM', CATALOG, WEB.lladdr, 0, null],
    ['armed, its UEFI ROM', CATALOG, WEB.lladdr, 7, null],
    ['armed, a ROM that there is no loader for', CATALOG, WEB.lladdr, 25, null],
    ['armed, an installer of another release', CATALOG, WEB.lladdr, null, '7.5'],
    ['armed, an installer before dhcpleased', CATALOG, WEB.lladdr, null, '6.9'],
    ['not armed', CATALOG, MAIL.lladdr, null, null],
    ['not armed, asked for a release', CATALOG, MAIL.lladdr, null, '7.6'],
    ['with another DHCP server', CATALOG, FOREIGN.lladdr, null, null],
    ['a stranger', CATALOG, STRANGER, null, null],
    ['a stranger where there is a pool', withSubnet({ pool }), STRANGER, null, null],
    ['a stranger where only relays have pools', withSubnet({ pool, relayed: true }), STRANGER, null, null],
    ['armed, its BIOS ROM behind a relay', withSubnet({ relayed: true }), WEB.lladdr, 0, null],
    [
      'armed, its BIOS ROM where our address is of another network',
      withSubnet({ bootAddress: '10.99.0.1' }),
      WEB.lladdr,
      0,
      null,
    ],
    ['a ROM beside another DHCP server', withSubnet({ proxy: true }), WEB.lladdr, 0, null],
    ['an installer beside another DHCP server', withSubnet({ proxy: true }), WEB.lladdr, null, null],
  ] as const)('%s', async (name, catalog, lladdr, arch, release) => {
    const sentences = explain(lookupOf(catalog), { lladdr, arch, release, now: NOON });
    const file = `../../fixtures/explain/${name.replaceAll(/[^a-zA-Z]+/g, '-')}.txt`;
    await expect(`${sentences.join('\n')}\n`).toMatchFileSnapshot(file);
  });
});
