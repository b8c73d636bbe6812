import { type Ipv4, ipv4FromNumber, ipv4ToNumber, type Lladdr } from '../../src/common/address.ts';
import type { Pool } from '../catalog.ts';

/** What an address of a pool was last used for. */
export interface Lease {
  readonly address: Ipv4;
  /** Who has it, was offered it, gave it back, or found somebody else using it. */
  readonly lladdr: Lladdr;
  readonly state: 'offered' | 'leased' | 'released' | 'declined';
  /** Milliseconds since the epoch; from then on the address may go to another. */
  readonly until: number;
}

/**
 * The leases of all pools. It holds one entry an address, so that no flood makes it grow beyond the pools, and
 * remembers who had an address until another gets it: machines that come back find theirs.
 */
export interface LeaseBook {
  readonly size: number;
  /** The newest of this lladdr, also when it has ended. */
  ofLladdr(lladdr: Lladdr): Lease | null;
  /** The newest of this address, also when it has ended. */
  ofAddress(address: Ipv4): Lease | null;
  /** An address that nobody has, nobody was offered and `isTaken` does not know; null where there is none. */
  free(pool: Pool, now: number, isTaken: (address: Ipv4) => boolean): Ipv4 | null;
  apply(lease: Lease): void;
  /** One of each address, in the order in which they were applied. */
  leases(): Iterable<Lease>;
}

/** All addresses of a pool are looked at once in so many milliseconds, however many ask while none is free. */
const SWEEP_MS = 100;

/** Where the search in one pool stands. */
interface Search {
  /** The lowest address that was never looked at, as a number. */
  next: number;
  /** Addresses that nobody had but that were taken when they were looked at. */
  passed: Ipv4[];
  /** Addresses that were free at the last sweep, the one longest so at the end. */
  reusable: Ipv4[];
  sweptAt: number;
}

const beginAt = ({ first }: Pool): Search => ({
  next: ipv4ToNumber(first),
  passed: [],
  reusable: [],
  sweptAt: 0,
});

export function leaseBook(): LeaseBook {
  const byAddress = new Map<Ipv4, Lease>();
  const byLladdr = new Map<Lladdr, Lease>();
  const searches = new Map<string, Search>();

  const isFree = (address: Ipv4, now: number) => (byAddress.get(address)?.until ?? 0) <= now;
  const sweep = (search: Search, { first, last }: Pool, now: number, isTaken: (address: Ipv4) => boolean) => {
    if (Math.abs(now - search.sweptAt) < SWEEP_MS) return;
    const [from, to] = [ipv4ToNumber(first), ipv4ToNumber(last)];
    const ended = [...byAddress.values()].filter(({ address, until }) => {
      const number = ipv4ToNumber(address);
      return until <= now && number >= from && number <= to;
    });
    search.sweptAt = now;
    search.passed = search.passed.filter((address) => !byAddress.has(address));
    search.reusable = [
      ...ended.sort((a, b) => b.until - a.until).map(({ address }) => address),
      ...search.passed.filter((address) => !isTaken(address)),
    ];
  };

  return {
    get size() {
      return byAddress.size;
    },
    ofLladdr: (lladdr) => byLladdr.get(lladdr) ?? null,
    ofAddress: (address) => byAddress.get(address) ?? null,
    free(pool, now, isTaken) {
      const key = `${pool.first}-${pool.last}`;
      const search = searches.get(key) ?? beginAt(pool);
      searches.set(key, search);
      for (const last = ipv4ToNumber(pool.last); search.next <= last; search.next += 1) {
        const address = ipv4FromNumber(search.next);
        if (byAddress.has(address)) continue;
        if (!isTaken(address)) return address;
        search.passed.push(address);
      }
      if (search.reusable.length === 0) sweep(search, pool, now, isTaken);
      for (let address = search.reusable.pop(); address !== undefined; address = search.reusable.pop()) {
        if (isFree(address, now) && !isTaken(address)) return address;
      }
      return null;
    },
    apply(lease) {
      const before = byAddress.get(lease.address);
      if (before !== undefined && byLladdr.get(before.lladdr) === before) byLladdr.delete(before.lladdr);
      byAddress.delete(lease.address); // so that the newest comes last
      byAddress.set(lease.address, lease);
      byLladdr.set(lease.lladdr, lease);
    },
    leases: () => byAddress.values(),
  };
}
