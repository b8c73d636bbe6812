import { expect, it } from 'vitest';
import { lookupOf, sharerOf } from '../../netboot/lookup.ts';
import { MAIL, WEB } from './example.ts';

it.each([
  ['an address over IPv4', '192.0.2.7', '192.0.2.8', false],
  ['the same address inside of IPv6', '192.0.2.7', '::ffff:192.0.2.7', true],
  ['two addresses inside of IPv6', '::ffff:192.0.2.7', '::FFFF:192.0.2.8', false],
  ['two addresses of one /64', '2001:db8:0:7::1', '2001:db8:0:7:ffff::2', true],
  ['addresses of two /64', '2001:db8:0:7::1', '2001:db8:0:8::1', false],
  ['two neighbours on a link', 'fe80::1%em0', 'fe80::2%em0', false],
])('%s: %s and %s share what one machine may use up: %s', (_, one, other, same) => {
  expect(sharerOf(one) === sharerOf(other)).toBe(same);
});

it('takes the first of two machines that share a /64', () => {
  const clients = [WEB, MAIL].map((client) => ({ ...client, ipv6: '2001:db8:0:7::/64' }));
  expect(lookupOf({ subnets: [], clients }).byRemote('2001:db8:0:7::1')?.name).toBe(WEB.name);
});
