import { describe, expect, it } from 'vitest';
import { type LeaseBook, leaseBook } from '../../../netboot/dhcp/lease-book.ts';
import { type Ipv4, ipv4FromNumber } from '../../../src/common/address.ts';
import { BOOT_ADDRESS, CATALOG, MAIL, NOON } from '../example.ts';
import { ip, mac, other, POOL, server, subnet } from './pool-server.ts';

const SECOND = ip('10.77.0.101');
const RESERVED_SECOND = [...CATALOG.clients, { ...MAIL, lladdr: mac(99), address: SECOND }];

describe('what a machine has and asks for', () => {
  it('a lease is kept by a machine that asks again, as an installer does behind its ROM', () => {
    const { lease, ask, leases } = server();
    lease(mac(1));
    expect(ask(mac(1), { messageType: 'discover' }, {}, NOON + 1000)).toMatchObject({ lease: null });
    expect(leases.ofLladdr(mac(1))).toMatchObject({ state: 'leased', until: NOON + 3_600_000 });
  });

  it('a lease is found again under another client identifier, and under none', () => {
    const { ask, lease } = server();
    lease(mac(1));
    for (const clientId of [Uint8Array.of(1, 2, 3), Uint8Array.of(255, 9), undefined]) {
      const { reply } = ask(mac(1), { messageType: 'discover', clientId });
      expect(reply?.packet).toMatchObject({ yourAddress: POOL.first, options: { clientId } });
    }
  });

  it('a lease of a pool that was made smaller is not extended', () => {
    const before = server();
    before.lease(mac(1));
    const rest = { ...subnet, pool: { first: SECOND, last: POOL.last } };
    const { ask, discover } = server([rest], before.leases);
    const renewing = ask(mac(1), { messageType: 'request' }, { clientAddress: POOL.first });
    expect(renewing).toMatchObject({ reply: null, lease: null });
    expect(discover(mac(1))).toBe(SECOND);
  });

  it('a lease is kept by a machine that asks for an address of another server', () => {
    const { lease, ask } = server();
    lease(mac(1));
    const elsewhere = ask(mac(1), { messageType: 'request', serverId: ip('10.77.0.9') });
    expect(elsewhere).toMatchObject({ reply: null, lease: null });
  });

  const wish = (made: ReturnType<typeof server>, requestedAddress: Ipv4, now = NOON) =>
    made.ask(mac(7), { messageType: 'discover', requestedAddress }, {}, now).reply?.packet.yourAddress;

  it('it is offered the address that it wishes, where that is free (RFC 2131 §4.3.1)', () => {
    expect(wish(server(), POOL.last)).toBe(POOL.last);
  });

  it.each<[string, Ipv4, number, Ipv4]>([
    ['leased to another', POOL.first, NOON, ip('10.77.0.102')],
    ['reserved', SECOND, NOON, ip('10.77.0.102')],
    ['of no pool', ip('10.77.0.50'), NOON, ip('10.77.0.102')],
    ['of another no longer', POOL.first, NOON + 3_600_000, POOL.first],
  ])('it wishes an address that is %s', (_, wished, now, offered) => {
    const made = server([subnet], leaseBook(), RESERVED_SECOND);
    made.lease(mac(1));
    expect(wish(made, wished, now)).toBe(offered);
  });
});

describe('two machines with one address', () => {
  const renew = (made: ReturnType<typeof server>, clientAddress: Ipv4) =>
    made.ask(mac(1), { messageType: 'request' }, { clientAddress }, NOON + 7_200_000);

  /** The clock leaps, so that the only lease of the pool seems to have ended, and another gets it. */
  const leapt = () => {
    const made = server([{ ...subnet, pool: { first: POOL.first, last: POOL.first } }]);
    made.lease(mac(1));
    expect(made.lease(mac(2), NOON + 7_100_000)).toBe(POOL.first);
    return made;
  };

  it('the one that had it before the clock leapt is told when it renews', () => {
    const decision = renew(leapt(), POOL.first);
    expect(decision.reply?.packet.options.messageType).toBe('nak');
  });

  it('it is left alone when it boots, as a server without a record of it has to (RFC 2131 §4.3.2)', () => {
    const rebooting = { messageType: 'request', requestedAddress: POOL.first } as const;
    expect(leapt().ask(mac(1), rebooting, {}, NOON + 7_200_000).reply).toBeNull();
  });

  it('nobody is told of a lease that has ended, or is its own', () => {
    const { ask, lease } = server([subnet, { ...other, relayed: true }]);
    lease(mac(2));
    const renewing = { clientAddress: POOL.first };
    expect(ask(mac(1), { messageType: 'request' }, renewing, NOON + 3_600_000).reply).toBeNull();
    ask(mac(2), { messageType: 'discover' }, { relayAddress: ip('10.78.0.254') }); // its newest is there now
    expect(ask(mac(2), { messageType: 'request' }, renewing).reply).toBeNull();
  });

  it('an unknown one that uses what is reserved is told when it renews', () => {
    const made = server([subnet], leaseBook(), RESERVED_SECOND);
    expect(renew(made, SECOND).reply?.packet.options.messageType).toBe('nak');
    expect(renew(made, POOL.first)).toMatchObject({ reply: null, lease: null });
  });

  it('whose is reserved later loses it', () => {
    const before = server();
    before.lease(mac(1));
    before.lease(mac(2));
    const { ask, discover } = server([subnet], before.leases, RESERVED_SECOND);
    const rebooting = { messageType: 'request', serverId: BOOT_ADDRESS, requestedAddress: SECOND } as const;
    expect(ask(mac(2), rebooting).reply?.packet.options.messageType).toBe('nak');
    expect(discover(mac(2))).toBe('10.77.0.102');
  });

  it('an operator hears of an address that a machine of a pool finds in use', () => {
    const made = server();
    made.lease(mac(1));
    expect(made.ask(mac(1), { messageType: 'decline', requestedAddress: POOL.first })).toMatchObject({
      urgent: true,
      reason: expect.stringContaining('02:00:00:00:00:01 declines 10.77.0.100'),
    });
  });
});

describe('a machine that changes its network', () => {
  const relayed = { ...other, relayed: true };
  const there = { relayAddress: ip('10.78.0.254') };
  const serverId = other.bootAddress;

  /** Leases here, then there. */
  const moved = () => {
    const made = server([subnet, relayed]);
    made.lease(mac(1));
    made.discover(mac(1), NOON, there);
    made.ask(mac(1), { messageType: 'request', serverId, requestedAddress: ip('10.78.0.100') }, there);
    return made;
  };

  it('gets an address of the new one, and its old one is still its own', () => {
    const { leases, discover } = moved();
    expect(leases.ofLladdr(mac(1))?.address).toBe('10.78.0.100');
    expect(discover(mac(2))).toBe(SECOND);
  });

  it('has its newest lease after all of them went through a journal', () => {
    const { leases, lease } = moved();
    lease(mac(1), NOON + 4_000_000); // back, after the first one has ended
    const again = leaseBook();
    for (const kept of leases.leases()) again.apply(kept);
    expect(again.ofLladdr(mac(1))).toEqual(leases.ofLladdr(mac(1)));
    expect(again.ofLladdr(mac(1))?.address).toMatch(/^10\.77\./);
  });

  it('leaves nothing of itself where another has its address now', () => {
    const made = moved();
    const later = NOON + 4_000_000;
    for (const number of [2, 3, 4, 5]) made.lease(mac(number), later);
    expect(made.leases.ofAddress(POOL.first)?.lladdr).toBe(mac(5));
    expect(made.leases.ofLladdr(mac(5))?.address).toBe(POOL.first);
    expect(made.leases.ofLladdr(mac(1))?.address).toBe('10.78.0.100');
  });
});

describe('the search for a free address', () => {
  const free = (book: LeaseBook, now: number, taken: readonly string[] = []) =>
    book.free(POOL, now, (address) => taken.includes(address));
  const give = (book: LeaseBook, address: Ipv4 | null, number: number, until: number) => {
    if (address !== null) book.apply({ address, lladdr: mac(number), state: 'leased', until });
  };

  it('comes back to what was reserved once', () => {
    const book = leaseBook();
    for (let number = 1; number <= 3; number += 1) {
      give(book, free(book, NOON, [SECOND]), number, NOON + 3_600_000);
    }
    expect(free(book, NOON, [SECOND])).toBeNull();
    expect(free(book, NOON + 1000)).toBe(SECOND);
    give(book, SECOND, 4, NOON + 3_600_000);
    expect(free(book, NOON + 2000)).toBeNull();
  });

  it('finds nothing that was leased or reserved since it last looked at all', () => {
    const book = leaseBook();
    for (let number = 1; number <= 4; number += 1) give(book, free(book, NOON), number, NOON + number);
    expect(free(book, NOON + 100)).toBe(POOL.first);
    give(book, POOL.first, 9, NOON + 3_600_000);
    give(book, SECOND, 8, NOON + 3_600_000);
    expect(free(book, NOON + 101, ['10.77.0.102'])).toBe('10.77.0.103');
  });

  it('looks again when the clock was set back', () => {
    const book = leaseBook();
    for (let number = 1; number <= 4; number += 1) give(book, free(book, NOON), number, NOON + 10);
    expect(free(book, NOON + 9)).toBeNull();
    const before = NOON - 3_600_000;
    for (let number = 0; number < 4; number += 1) {
      give(book, ipv4FromNumber(0x0a4d0064 + number), number, before - 10 + number);
    }
    expect(free(book, before)).toBe(POOL.first);
  });
});
