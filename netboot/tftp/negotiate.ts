import type { RequestOptions } from './packet.ts';

export interface Terms {
  /** Bytes in every DATA packet but the last. */
  readonly blockSize: number;
  /** DATA packets sent for one ACK (RFC 7440). */
  readonly window: number;
  /** The longest pause before a packet is sent again. Milliseconds. */
  readonly longestWait: number;
  /** What was taken of the client's options; empty: it gets no OACK. */
  readonly taken: RequestOptions;
}

/** Of the peer's address. */
export type Family = 'IPv4' | 'IPv6';

const DEFAULT_BLOCK_SIZE = 512;
/** Ethernet's 1500 bytes less IP, UDP and TFTP headers: a fragment lost would cost the whole block. */
const MAX_BLOCK_SIZES = { IPv4: 1468, IPv6: 1448 } as const;
const MAX_WINDOW = 64;
const LONGEST_WAIT = 8000;

/**
 * One row per option that is understood: its range, and what we make of a value in it.
 * blksize RFC 2348, tsize and timeout RFC 2349, windowsize RFC 7440.
 */
const ACCEPTED: Readonly<
  Record<string, { from: number; to: number; take(value: number, size: number, family: Family): number }>
> = {
  blksize: { from: 8, to: 65464, take: (value, _, family) => Math.min(value, MAX_BLOCK_SIZES[family]) },
  tsize: { from: 0, to: Number.MAX_SAFE_INTEGER, take: (_, size) => size },
  timeout: { from: 1, to: 255, take: (value) => value },
  windowsize: { from: 1, to: 65535, take: (value) => Math.min(value, MAX_WINDOW) },
};

/** What holds for this transfer. Options that are unknown or out of range are left out of the answer. */
export function negotiate(asked: RequestOptions, size: number, family: Family): Terms {
  const taken = new Map<string, string>();
  const values = new Map<string, number>();
  for (const [name, text] of asked) {
    const row = Object.hasOwn(ACCEPTED, name) ? ACCEPTED[name] : undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    if (row === undefined || value < row.from || value > row.to) continue;
    const result = row.take(value, size, family);
    values.set(name, result);
    taken.set(name, String(result));
  }
  return {
    blockSize: values.get('blksize') ?? DEFAULT_BLOCK_SIZE,
    window: values.get('windowsize') ?? 1,
    longestWait: Math.max(LONGEST_WAIT, (values.get('timeout') ?? 0) * 1000),
    taken,
  };
}
