import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CatalogSubnet } from '../../../netboot/catalog.ts';
import { parseLease, renderLease } from '../../../netboot/dhcp/lease-line.ts';
import { NO_ADDRESS, type Packet } from '../../../netboot/dhcp/packet.ts';
import { ipv4FromNumber } from '../../../src/common/address.ts';
import { BOOT_ADDRESS, CATALOG, NOON, WEB } from '../example.ts';
import { ip, mac, other, POOL, server, subnet } from './pool-server.ts';

describe('an unknown machine on a subnet with a pool', () => {
  it('is offered a free address and no boot file, and gets it with a lease to write down', () => {
    const { ask, request } = server();
    const offer = ask(mac(1), { messageType: 'discover' });
    expect(offer.reply?.packet).toMatchObject({
      yourAddress: POOL.first,
      bootfile: '',
      nextServer: BOOT_ADDRESS,
    });
    expect(offer.reply?.packet.options).toMatchObject({ messageType: 'offer', leaseSeconds: 3600 });
    expect(offer.reply?.packet.options.hostName).toBeUndefined();
    expect(offer.lease).toMatchObject({ state: 'offered', until: NOON + 15_000 });
    const ack = request(mac(1), POOL.first);
    expect(ack.reply?.packet).toMatchObject({ yourAddress: POOL.first, options: { messageType: 'ack' } });
    expect(ack.lease).toEqual({
      address: POOL.first,
      lladdr: mac(1),
      state: 'leased',
      until: NOON + 3_600_000,
    });
  });

  it('finds its address again, also after the lease has ended', () => {
    const { lease, discover } = server();
    lease(mac(1));
    expect(lease(mac(2))).toBe('10.77.0.101');
    expect(discover(mac(1), NOON + 1000)).toBe(POOL.first);
    expect(discover(mac(1), NOON + 4_000_000)).toBe(POOL.first);
  });

  it('never gets what the inventory reserves', () => {
    const within = { ...subnet, pool: { first: WEB.address, last: ip('10.77.0.10') } };
    const { lease } = server([within]);
    expect([1, 2, 3].map((number) => lease(mac(number)))).toEqual(['10.77.0.10', null, null]);
  });

  const leased = () => {
    const made = server();
    made.lease(mac(1));
    made.lease(mac(2));
    return made;
  };
  it.each<[string, Packet['options'], Partial<Packet>, 'ack' | 'nak' | null, RegExp | null]>([
    ['rebooting', { requestedAddress: POOL.first }, {}, 'ack', null],
    ['renewing', {}, { clientAddress: POOL.first }, 'ack', null],
    [
      'rebooting with the address of another',
      { requestedAddress: ip('10.77.0.101') },
      {},
      'nak',
      /has 10.77.0.100/,
    ],
    ['rebooting from another network', { requestedAddress: ip('192.0.2.9') }, {}, 'nak', /outside/],
    [
      'selecting what was not offered',
      { serverId: BOOT_ADDRESS, requestedAddress: ip('10.77.0.103') },
      {},
      'nak',
      /has/,
    ],
    [
      'selecting another server',
      { serverId: ip('10.77.0.9'), requestedAddress: POOL.first },
      {},
      null,
      /chose/,
    ],
    ['asking for nothing', {}, {}, null, /no address/],
  ])('%s', (_, options, header, message, reason) => {
    const decision = leased().ask(mac(1), { messageType: 'request', ...options }, header);
    expect(decision.reply?.packet.options.messageType ?? null).toBe(message);
    expect(decision.reason ?? '').toMatch(reason ?? /^$/);
  });

  it('is left alone when it asks for an address of which nothing is known', () => {
    const decision = server().ask(mac(9), { messageType: 'request', requestedAddress: POOL.first });
    expect(decision).toMatchObject({
      reply: null,
      lease: null,
      reason: expect.stringContaining('nothing is known'),
    });
  });

  it('gives an offer back when it takes another server', () => {
    const { discover, ask } = server();
    discover(mac(1));
    const { lease } = ask(mac(1), { messageType: 'request', serverId: ip('10.77.0.9') });
    expect(lease).toMatchObject({ state: 'released', until: NOON });
  });

  it('gives its lease back, and keeps that of others', () => {
    const { ask, lease } = server();
    lease(mac(1));
    expect(ask(mac(2), { messageType: 'release' }, { clientAddress: POOL.first }).lease).toBeNull();
    expect(ask(mac(1), { messageType: 'release' }, { clientAddress: POOL.first }).lease).toMatchObject({
      state: 'released',
    });
  });

  it('declines an address, which nobody gets for ten minutes', () => {
    const { ask, lease, discover } = server();
    lease(mac(1));
    expect(ask(mac(2), { messageType: 'decline', requestedAddress: POOL.first }).lease).toBeNull();
    expect(ask(mac(1), { messageType: 'decline', requestedAddress: POOL.last }).lease).toBeNull();
    ask(mac(1), { messageType: 'decline', requestedAddress: POOL.first });
    const rest = [1, 2, 3, 4].map((number) => lease(mac(number)));
    expect(rest).toEqual(['10.77.0.101', '10.77.0.102', '10.77.0.103', null]);
    expect(discover(mac(4), NOON + 599_000)).toBeNull();
    expect(discover(mac(4), NOON + 600_000)).toBe(POOL.first);
  });

  it('is informed without a lease', () => {
    const { reply, lease } = server().ask(
      mac(1),
      { messageType: 'inform' },
      { clientAddress: ip('10.77.0.50') },
    );
    expect([reply?.packet.yourAddress, reply?.packet.options.leaseSeconds, lease]).toEqual([
      NO_ADDRESS,
      undefined,
      null,
    ]);
  });
});

describe('a pool that is used up', () => {
  it('is silent and says so, and gives the address that was free longest to the next', () => {
    const { lease, ask, discover } = server();
    for (const number of [1, 2, 3, 4]) lease(mac(number), NOON + number);
    expect(ask(mac(5), { messageType: 'discover' })).toMatchObject({
      reply: null,
      urgent: true,
      reason: 'no address of 10.77.0.100-10.77.0.103 is free',
    });
    expect(discover(mac(5), NOON + 3_600_002)).toBe('10.77.0.100');
  });

  it('is used up by made-up machines for seconds only, and holds no more than it has', () => {
    const { discover, leases } = server();
    for (let number = 1; number < 200; number += 1) discover(mac(number));
    expect(leases.size).toBe(4);
    expect(discover(mac(250), NOON + 14_999)).toBeNull();
    expect(discover(mac(250), NOON + 15_100)).not.toBeNull();
  });
});

describe('which pool', () => {
  const relayed = { ...other, relayed: true };
  const links: readonly [string, readonly CatalogSubnet[], Partial<Packet>, string | null][] = [
    ['a broadcast, one subnet attached', [subnet, relayed], {}, '10.77.0.100'],
    ['a broadcast, two subnets attached', [subnet, other], {}, null],
    ['a relay of the other', [subnet, relayed], { relayAddress: ip('10.78.0.254') }, '10.78.0.100'],
    ['a relay of no subnet', [subnet, relayed], { relayAddress: ip('10.79.0.254') }, null],
  ];
  it.each(links)('%s', (_, subnets, header, address) => {
    expect(server(subnets).discover(mac(1), NOON, header)).toBe(address);
  });

  it('a relay that names the link itself (RFC 3527)', () => {
    const relayInfo = Uint8Array.of(5, 4, 10, 78, 0, 0);
    const options = { messageType: 'discover', relayInfo } as const;
    const { reply } = server([subnet, relayed]).ask(mac(1), options, { relayAddress: ip('10.99.0.1') });
    expect(reply?.packet.yourAddress).toBe('10.78.0.100');
    expect(reply?.to).toEqual({ address: '10.99.0.1', port: 67 });
  });

  it.each<[string, Uint8Array, string, string | null]>([
    ['that no relay added', Uint8Array.of(5, 4, 10, 78, 0, 0), NO_ADDRESS, '10.77.0.100'],
    ['that is no address', Uint8Array.of(5, 3, 10, 78, 0), '10.77.0.254', '10.77.0.100'],
  ])('a link %s counts for nothing', (_, relayInfo, relay, address) => {
    const options = { messageType: 'discover', relayInfo } as const;
    const { reply } = server([subnet, relayed]).ask(mac(1), options, { relayAddress: ip(relay) });
    expect(reply?.packet.yourAddress).toBe(address);
  });

  it('a renewal by unicast on a subnet that is relayed', () => {
    const made = server([subnet, relayed]);
    made.ask(mac(1), { messageType: 'discover' }, { relayAddress: ip('10.78.0.254') });
    const { reply } = made.ask(mac(1), { messageType: 'request' }, { clientAddress: ip('10.78.0.100') });
    expect(reply?.packet.options.messageType).toBe('ack');
  });

  it('without one an unknown machine gets nothing', () => {
    expect(server(CATALOG.subnets).ask(mac(1), { messageType: 'discover' }).reason).toBe(
      'is an unknown lladdr',
    );
  });
});

describe('whatever machines do', () => {
  it('no address is given to two at a time', () => {
    const step = fc.record({
      machine: fc.integer({ min: 1, max: 8 }),
      act: fc.constantFrom('lease', 'release', 'decline', 'wait'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { ask, lease, leases } = server();
        let now = NOON;
        for (const { machine, act } of steps) {
          const own = leases.ofLladdr(mac(machine))?.address ?? NO_ADDRESS;
          if (act === 'lease') lease(mac(machine), now);
          if (act === 'release') ask(mac(machine), { messageType: 'release' }, { clientAddress: own }, now);
          if (act === 'decline')
            ask(mac(machine), { messageType: 'decline', requestedAddress: own }, {}, now);
          if (act === 'wait') now += 700_000;
          const held = [...leases.leases()].filter(({ state, until }) => state === 'leased' && until > now);
          expect(new Set(held.map(({ lladdr }) => lladdr)).size).toBe(held.length);
          expect(leases.size).toBeLessThanOrEqual(4);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a lease survives the way into the journal and back', () => {
    const address = fc.nat(0xffffffff).map(ipv4FromNumber);
    const state = fc.constantFrom('leased' as const, 'released' as const, 'declined' as const);
    const until = fc.integer({ min: 0, max: Date.UTC(9999, 0) });
    fc.assert(
      fc.property(fc.record({ address, lladdr: fc.constant(mac(7)), state, until }), (lease) => {
        expect(parseLease(renderLease(lease).trimEnd())).toEqual(lease);
      }),
    );
  });

  it.each([
    '',
    'leased',
    'offered 10.0.0.1 02:00:00:00:00:01 2026-01-01T12:00:00.000Z',
    'leased 10.0.0.1 02:00:00:00:00:01 soon',
    'leased 10.0.0.1 02:00:00:00:00:01 2026-01-01T12:00:00.000Z x',
  ])('a line that is none is told: %j', (line) => expect(parseLease(line)).toBeNull());
});
