import type { Ipv4 } from '../../src/common/address.ts';
import type { CatalogClient, CatalogSubnet } from '../catalog.ts';
import type { Lease } from './lease-book.ts';
import type { Packet } from './packet.ts';

/** Where a packet came from: a client, or its relay. */
export interface Arrival {
  readonly address: Ipv4;
  readonly port: number;
}

/** Where relays and clients listen (RFC 2131 §4.1); other values only where neither is the real thing. */
export interface PeerPorts {
  readonly relay: number;
  readonly client: number;
}

export const PEER_PORTS: PeerPorts = { relay: 67, client: 68 };

/** A packet that is ours to answer. */
export interface Exchange {
  readonly packet: Packet;
  readonly arrival: Arrival;
  /** Null for an unknown machine, which may have a lease of its subnet's pool. */
  readonly client: CatalogClient | null;
  readonly subnet: CatalogSubnet;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly ports: PeerPorts;
}

/** `address` is the one to give or to confirm; `lease` is what becomes of one of a pool's. */
export type Verdict =
  | {
      readonly kind: 'reply';
      readonly message: 'offer' | 'ack';
      readonly address: Ipv4;
      readonly lease?: Lease | undefined;
    }
  /** What to boot, and no address. */
  | { readonly kind: 'proxy'; readonly message: 'offer' | 'ack'; readonly lease?: undefined }
  | {
      readonly kind: 'nak' | 'ignore';
      readonly reason: string;
      readonly lease?: Lease | undefined;
      /** The operator has to do something about it. */
      readonly urgent?: true;
    };

export const ignore = (reason: string, lease?: Lease): Verdict => ({ kind: 'ignore', reason, lease });
export const nak = (reason: string): Verdict => ({ kind: 'nak', reason });
