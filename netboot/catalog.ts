/**
 * All that the netboot process knows, and all that it says. `operate` pushes a whole catalog whenever
 * something in it changes; netboot answers from the newest one and reports what its clients did. Both travel
 * as JSON across a fork or, later, a network, so they hold plain values only.
 */

import type { Answer } from '../src/autoinstall/response-file.ts';
import type { Cidr4, Ipv4, Lladdr } from '../src/common/address.ts';

export type Mode = 'install' | 'upgrade';

export interface Catalog {
  readonly subnets: readonly CatalogSubnet[];
  readonly clients: readonly CatalogClient[];
}

export const EMPTY_CATALOG: Catalog = { subnets: [], clients: [] };

export interface CatalogSubnet {
  readonly cidr: Cidr4;
  readonly router: Ipv4;
  readonly dns: readonly Ipv4[];
  readonly domain: string | null;
  readonly leaseSeconds: number;
  /** siaddr, TFTP and boot HTTP server for this subnet's clients, reachable from it. */
  readonly bootAddress: Ipv4;
  /** Addresses for machines that the inventory does not know; without one they get no answer. */
  readonly pool?: Pool;
  /** Its clients reach us through a relay alone: a broadcast never comes from this subnet. */
  readonly relayed?: boolean;
  /** Another server gives the addresses here; we only tell ROMs what to boot. */
  readonly proxy?: boolean;
}

/** Addresses from `first` to `last`, both included, of one subnet. */
export interface Pool {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

/** A VM (or machine) that the inventory knows. An unknown `lladdr` is a stranger: it is never booted. */
export interface CatalogClient {
  readonly name: string;
  readonly lladdr: Lladdr;
  /** The address reserved for it; it lies in one of the subnets. */
  readonly address: Ipv4;
  /** Its own /64, canonical (`2001:db8:0:1::/64`), by which it is known over IPv6. */
  readonly ipv6?: string;
  /** Answered by our DHCP server? False where dhcpd or vmd's local interface leases the address. */
  readonly dhcp: boolean;
  /** DHCP option 12, short form. */
  readonly hostName: string;
  readonly armed: Armed | null;
}

/** While a client is armed, and only then, it has a boot file and a response file. */
export interface Armed {
  /** Unguessable; `/r/TOKEN/install.conf` and `/install-done/TOKEN` answer to it. */
  readonly token: string;
  readonly mode: Mode;
  readonly release: string;
  readonly arch: string;
  readonly answers: readonly Answer[];
  /** Accounts that get a new random password at each rendering: `root`, and the user's login. */
  readonly passwords?: readonly string[];
  /** Where its loader speaks; com0 at 115200 where it is not said. */
  readonly console?: SerialConsole;
  /** Milliseconds since the epoch; from then on it counts as not armed. */
  readonly until: number;
}

export interface SerialConsole {
  readonly tty: 'com0' | 'com1' | 'com2' | 'com3';
  /** Bits per second. */
  readonly speed: number;
}

interface EventBase {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The VM, where the client is known. */
  readonly name: string | null;
  /** Who asked: an IP address, or an lladdr where there is none yet. */
  readonly from: string;
}

/** In the order of option 53, which numbers them from 1 (RFC 2132 section 9.6). */
export const DHCP_MESSAGES = [
  'discover',
  'offer',
  'request',
  'decline',
  'ack',
  'nak',
  'release',
  'inform',
] as const;
export type DhcpMessage = (typeof DHCP_MESSAGES)[number];

export type BootEvent =
  | (EventBase & {
      readonly kind: 'dhcp';
      readonly message: DhcpMessage;
      readonly reply: DhcpMessage | null;
      readonly reason: string | null;
    })
  | (EventBase & {
      readonly kind: 'tftp';
      readonly file: string;
      readonly outcome: 'sent' | 'refused' | 'aborted';
      readonly bytes: number;
      readonly reason: string | null;
    })
  | (EventBase & {
      readonly kind: 'response-file';
      readonly path: string;
      readonly outcome: 'served' | 'refused';
      readonly reason: string | null;
    })
  | (EventBase & {
      readonly kind: 'set';
      readonly path: string;
      /** The HTTP status; 499 where the client left before the end, 500 where the file did. */
      readonly status: number;
      readonly bytes: number;
      readonly seconds: number;
      /** Why it was not sent, or not to its end, where that is ours to say. */
      readonly reason?: string;
    })
  | (EventBase & {
      /** A request for something that boot HTTP does not have: neither response file nor set. */
      readonly kind: 'http';
      readonly path: string;
      readonly status: number;
      readonly reason: string;
    })
  | (EventBase & {
      readonly kind: 'install-done';
      readonly token: string;
      readonly outcome: 'accepted' | 'refused';
    });

export type EventListener = (event: BootEvent) => unknown;

/** The netboot service as the rest of puffboot sees it, whether in this process or behind a fork. */
export interface Netboot {
  /** Replaces everything known before. Resolves when the service answers from it. */
  push(catalog: Catalog): Promise<void>;
  /**
   * @param listener may return a promise: only when it has resolved is the event acknowledged, and until then it is kept
   * for whoever comes next. What rejects is kept too, with all that follows.
   * @returns a function that ends the subscription
   */
  onEvent(listener: EventListener): () => void;
}
