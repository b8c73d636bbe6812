import { contains, type Ipv4, ipv4ToNumber } from '../../src/common/address.ts';
import type { DhcpMessage, Pool } from '../catalog.ts';
import type { Lookup } from '../lookup.ts';
import { type Exchange, ignore, nak, type Verdict } from './exchange.ts';
import type { Lease, LeaseBook } from './lease-book.ts';
import { NO_ADDRESS } from './packet.ts';

/** An offer that nobody takes up blocks its address for so long: clients collect offers for some seconds. */
const OFFER_MS = 15_000;
/** An address that somebody else was found using is offered to nobody for so long. */
const QUARANTINE_MS = 600_000;

/** What the verdicts on an unknown machine depend on. */
export interface PoolAsking extends Exchange {
  readonly pool: Pool;
  readonly leases: LeaseBook;
  readonly lookup: Lookup;
}

/**
 * A machine that the inventory does not know, on a subnet with a pool. Leases are kept by lladdr and not by
 * client identifier: ROM, installer and installed system of one machine send different ones or none.
 * One row per message; RFC 2131 §4.3. Without a record of it a client that asks for an address of this
 * subnet is left alone, as another server may know it; not one that uses what is another's by our own records.
 */
export const POOL_VERDICTS: Partial<Record<DhcpMessage, (asking: PoolAsking) => Verdict>> = {
  discover(asking) {
    const { packet, now, pool, leases, lookup } = asking;
    const own = ownLease(asking);
    if (own !== null && own.state === 'leased' && own.until > now) {
      return { kind: 'reply', message: 'offer', address: own.address };
    }
    const isTaken = (address: Ipv4) => lookup.byAddress(address) !== null;
    const address = own?.address ?? wishOf(asking) ?? leases.free(pool, now, isTaken);
    if (address === null) {
      return { kind: 'ignore', reason: `no address of ${pool.first}-${pool.last} is free`, urgent: true };
    }
    const lease: Lease = { address, lladdr: packet.lladdr, state: 'offered', until: now + OFFER_MS };
    return { kind: 'reply', message: 'offer', address, lease };
  },
  request(asking) {
    const { packet, subnet, now } = asking;
    const { serverId, requestedAddress } = packet.options;
    const own = ownLease(asking);
    if (serverId !== undefined && serverId !== subnet.bootAddress) {
      return ignore(`chose server ${serverId}`, own?.state === 'offered' ? ended(own, now) : undefined);
    }
    const wanted = requestedAddress ?? packet.clientAddress;
    if (wanted === NO_ADDRESS) return ignore('requests no address');
    if (!contains(subnet.cidr, wanted)) return nak(`requests ${wanted}, which is outside of ${subnet.cidr}`);
    if (own?.address !== wanted) {
      const isStranger = serverId === undefined && own === null;
      if (isStranger && (requestedAddress !== undefined || !isAnothers(asking, wanted))) {
        return ignore(`requests ${wanted}, of which nothing is known`);
      }
      return nak(`requests ${wanted}, has ${own?.address ?? 'no lease'}`);
    }
    const until = now + subnet.leaseSeconds * 1000;
    return { kind: 'reply', message: 'ack', address: wanted, lease: { ...own, state: 'leased', until } };
  },
  inform: ({ packet, subnet }) =>
    contains(subnet.cidr, packet.clientAddress)
      ? { kind: 'reply', message: 'ack', address: packet.clientAddress }
      : ignore(`informs from ${packet.clientAddress}, which is outside of ${subnet.cidr}`),
  decline(asking) {
    const { packet, now } = asking;
    const declined = packet.options.requestedAddress ?? NO_ADDRESS;
    const own = ownLease(asking);
    if (own?.address !== declined) return ignore(`declines ${declined}, which it was not given`);
    const lease: Lease = { ...own, state: 'declined', until: now + QUARANTINE_MS };
    const reason = `${packet.lladdr} declines ${declined}: another machine uses it, so nobody gets it for ten minutes`;
    return { kind: 'ignore', reason, lease, urgent: true };
  },
  release(asking) {
    const { packet, now } = asking;
    const own = ownLease(asking);
    if (own?.address !== packet.clientAddress) return ignore(`releases ${packet.clientAddress}, not its own`);
    return ignore(`releases ${packet.clientAddress}`, ended(own, now));
  },
};

/** What it has or had in this pool and may have again; not what it refused itself. */
function ownLease({ packet, pool, leases, lookup }: PoolAsking): Lease | null {
  const lease = leases.ofLladdr(packet.lladdr);
  if (lease === null || lease.state === 'declined' || !isIn(pool, lease.address)) return null;
  return lookup.byAddress(lease.address) === null ? lease : null;
}

/** What it asks for by itself, where that may be had (RFC 2131 §4.3.1). */
function wishOf({ packet, pool, leases, lookup, now }: PoolAsking): Ipv4 | null {
  const wish = packet.options.requestedAddress;
  if (wish === undefined || !isIn(pool, wish) || lookup.byAddress(wish) !== null) return null;
  return (leases.ofAddress(wish)?.until ?? 0) <= now ? wish : null;
}

/** Is this address reserved or leased to another machine? After a jump of the clock it may be used by both. */
function isAnothers({ packet, leases, lookup, now }: PoolAsking, address: Ipv4): boolean {
  if (lookup.byAddress(address)?.dhcp === true) return true;
  const lease = leases.ofAddress(address);
  return lease?.state === 'leased' && lease.until > now && lease.lladdr !== packet.lladdr;
}

function isIn({ first, last }: Pool, address: Ipv4): boolean {
  const number = ipv4ToNumber(address);
  return ipv4ToNumber(first) <= number && number <= ipv4ToNumber(last);
}

const ended = (lease: Lease, now: number): Lease => ({ ...lease, state: 'released', until: now });
