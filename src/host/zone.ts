import ipaddr from 'ipaddr.js';
import { refuse, refuseTwins } from './refusal.ts';

/** A machine as the name service tells of it. */
export interface NamedMachine {
  /** Fully qualified, without the last dot: `web1.example.net`. */
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string | null;
}

const FORMAT = 'a zone file';

/**
 * A and AAAA records (RFC 1035 §5, RFC 3596), to be included in the zone of their domain. All names are
 * complete, so that it does not matter which $ORIGIN is in force.
 *
 * @throws OperatorError FILE_REFUSED for a name that is none, or is there twice
 */
export function renderZone(machines: readonly NamedMachine[], ttlSeconds: number): string {
  refuseTwins(
    FORMAT,
    'names',
    machines.map(({ name }) => name.toLowerCase()),
  );
  return machines
    .flatMap(({ name, ipv4, ipv6 }) => [
      record(name, ttlSeconds, 'A', ipv4),
      ...(ipv6 === null ? [] : [record(name, ttlSeconds, 'AAAA', ipv6)]),
    ])
    .join('');
}

/** PTR records below in-addr.arpa (RFC 1035 §3.5). */
export function renderReverse4(machines: readonly NamedMachine[], ttlSeconds: number): string {
  return machines
    .map(({ name, ipv4 }) => {
      const owner = `${ipv4.split('.').reverse().join('.')}.in-addr.arpa`;
      return record(owner, ttlSeconds, 'PTR', absolute(name));
    })
    .join('');
}

/** PTR records below ip6.arpa, one nibble a label (RFC 3596 §2.5). */
export function renderReverse6(machines: readonly NamedMachine[], ttlSeconds: number): string {
  return machines
    .flatMap(({ name, ipv6 }) =>
      ipv6 === null ? [] : [record(`${nibbles(ipv6)}.ip6.arpa`, ttlSeconds, 'PTR', absolute(name))],
    )
    .join('');
}

/** One line of a zone; the owner's name is checked, what stands behind the type is not. */
export function record(owner: string, ttlSeconds: number, type: string, content: string): string {
  return `${absolute(owner)} ${ttlSeconds} IN ${type} ${content}\n`;
}

function nibbles(address: string): string {
  const digits = ipaddr.IPv6.parse(address)
    .parts.map((part) => part.toString(16).padStart(4, '0'))
    .join('');
  return [...digits].reverse().join('.');
}

/** RFC 1123 §2.1; 253 characters are 255 bytes on the wire (RFC 1035 §2.3.4). */
function absolute(name: string): string {
  const labels = name.split('.');
  const right = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
  if (!right || name.length > 253) {
    throw refuse(
      FORMAT,
      'a name is labels of up to 63 letters, digits and hyphens, 253 characters in all',
      name,
    );
  }
  return `${name}.`;
}
