import { describe, expect, it } from 'vitest';
import type { Ipv4 } from '../../src/common/address.ts';
import { address6, renderHostnameIf } from '../../src/host/hostname-if.ts';
import { type PfNetwork, renderPfConf } from '../../src/host/pf-conf.ts';

const refused = expect.objectContaining({ code: 'FILE_REFUSED' });

describe('hostname.if', () => {
  it('gives each /64 its gateway', async () => {
    const networks = ['2001:db8:0:100::/64', '2001:db8::/64'];
    await expect(renderHostnameIf(networks)).toMatchFileSnapshot('../../fixtures/hostname-if/two-vms');
    expect(renderHostnameIf([])).toBe('');
  });

  it.each([
    ['2001:db8:0:100::/64', '2001:db8:0:100::2'],
    ['2001:0DB8:0:0::/64', '2001:db8::2'],
    ['2001:db8:1:0::/64', '2001:db8:1::2'],
    ['2001:0:0:1::/64', '2001:0:0:1::2'],
  ])('writes the second address of %s as RFC 5952 does: %s', (network, address) => {
    expect(address6(network, 2)).toBe(address);
  });

  it.each([
    ['a network twice', ['2001:db8::/64', '2001:DB8::/64']],
    ['a /56', ['2001:db8::/56']],
    ['host bits', ['2001:db8::1/64']],
    ['an IPv4 network', ['192.0.2.0/64']],
    ['words', ['up\n!reboot']],
  ])('refuses %s', (_, networks) => {
    expect(() => renderHostnameIf(networks)).toThrowError(refused);
  });
});

describe('pf.conf', () => {
  const network: PfNetwork = {
    interface: 'vport0',
    bootAddress: '192.0.2.2' as Ipv4,
    httpPort: 80,
    ipv4: ['192.0.2.10', '192.0.2.11'] as unknown as Ipv4[],
    ipv6: ['2001:db8:0:100::/64'],
    free: { ipv4: ['192.0.2.12'] as unknown as Ipv4[], ipv6Prefix: '2001:db8:0:100::/56' },
  };
  it.each([
    ['two-vms', network],
    ['no-vms', { ...network, ipv4: [], ipv6: [], free: { ipv4: [], ipv6Prefix: null } }],
  ])('%s', async (name, input) => {
    await expect(renderPfConf(input)).toMatchFileSnapshot(`../../fixtures/pf-conf/${name}.conf`);
  });

  it.each(['vport', 'egress', '0', 'em0 ', 'a'.repeat(15) + 1])('refuses the interface %j', (name) => {
    expect(() => renderPfConf({ ...network, interface: name })).toThrowError(refused);
  });
});
