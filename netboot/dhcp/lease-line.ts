import { parseIpv4, parseLladdr } from '../../src/common/address.ts';
import type { Lease } from './lease-book.ts';

const STATES = ['leased', 'released', 'declined'] as const satisfies readonly Lease['state'][];

/**
 * A lease as one line of the journal, with its newline:
 *
 *     leased 192.0.2.100 52:54:00:12:34:56 2026-01-01T12:00:00.000Z
 *
 * An offer is in no journal: it is promised to nobody.
 */
export function renderLease({ state, address, lladdr, until }: Lease): string {
  return `${state} ${address} ${lladdr} ${new Date(until).toISOString()}\n`;
}

/** @returns null for a line that is none, such as one that a crash cut off */
export function parseLease(line: string): Lease | null {
  const [word, addressText = '', lladdrText = '', time = '', ...rest] = line.split(' ');
  const state = STATES.find((known) => known === word);
  const address = parseIpv4(addressText);
  const lladdr = parseLladdr(lladdrText);
  const until = Date.parse(time);
  if (state === undefined || address === null || lladdr === null || rest.length > 0) return null;
  return Number.isNaN(until) ? null : { state, address, lladdr, until };
}
