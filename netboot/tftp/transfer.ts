import { type Family, negotiate, type Terms } from './negotiate.ts';
import { ERROR_CODES, type RequestOptions, type TftpPacket } from './packet.ts';
import { measured, type RoundTrip, SHORTEST_WAIT, waitFor } from './round-trip.ts';

/**
 * One file on its way to one peer. Blocks are counted from 1 and never wrap here; on the wire the number is
 * cut to 16 bits. The OACK, where there is one, takes the place of block 0.
 */
export interface Transfer {
  readonly terms: Terms;
  /** Bytes of the file. */
  readonly size: number;
  /** Acknowledged so far: this block and all before it; -1 while the OACK is not. */
  readonly acknowledged: number;
  /** The last block of the window that is on its way. */
  readonly sent: number;
  /** When that window was sent first and last, and whether part of it went more than once. */
  readonly firstSentAt: number;
  readonly sentAt: number;
  readonly repeated: boolean;
  /** Whether part of the window before it did; how long it took then, as long as that was not taken for a round trip. */
  readonly followsRepeated: boolean;
  readonly doubted: number | null;
  /** Windows sent without an answer. */
  readonly tries: number;
  readonly roundTrip: RoundTrip | null;
}

export type TransferEvent =
  | { readonly kind: 'packet'; readonly packet: TftpPacket }
  /** The peer sent its request once more: it has not heard us. */
  | { readonly kind: 'asked-again' }
  | { readonly kind: 'timeout' }
  /** The network says that nobody listens on the peer's port any more. */
  | { readonly kind: 'unreachable' };

export type TransferEffect =
  | { readonly kind: 'oack'; readonly options: RequestOptions }
  /** `number` is what goes on the wire; the bytes are those of the file from `offset`. */
  | { readonly kind: 'data'; readonly number: number; readonly offset: number; readonly length: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** Ask for a timeout at this time instead of the one before. */
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'end'; readonly outcome: 'sent' | 'aborted'; readonly reason: string | null };

type Stepped = readonly [Transfer, readonly TransferEffect[]];

const MAX_TRIES = 11;
/** No more than this, in milliseconds, is taken for a round trip of what was sent more than once. */
const LONGEST_GUESS = 250;

/** @param now milliseconds since the epoch, here and below */
export function openTransfer(
  options: RequestOptions,
  size: number,
  now: number,
  family: Family = 'IPv4',
): Stepped {
  const terms = negotiate(options, size, family);
  return sendWindow({
    terms,
    size,
    acknowledged: terms.taken.size > 0 ? -1 : 0,
    sent: -1,
    firstSentAt: now,
    sentAt: now,
    repeated: false,
    followsRepeated: false,
    doubted: null,
    tries: 0,
    roundTrip: null,
  });
}

/** A packet that means nothing here changes nothing. */
export function stepTransfer(transfer: Transfer, event: TransferEvent, now: number): Stepped {
  switch (event.kind) {
    case 'packet':
      return stepPacket(transfer, event.packet, now);
    case 'asked-again':
      // One that crossed our answer needs no other: who floods with requests is not answered in kind.
      if (hasBegun(transfer) || now - transfer.sentAt < SHORTEST_WAIT) return [transfer, []];
      return sendWindow({ ...transfer, repeated: true, sentAt: now });
    case 'timeout':
      if (transfer.tries + 1 >= MAX_TRIES) return end(transfer, 'aborted', `no answer to ${MAX_TRIES} tries`);
      return sendWindow({ ...transfer, tries: transfer.tries + 1, repeated: true, sentAt: now });
    case 'unreachable':
      // A client that has all it asked for may close before its last ACK was sent.
      return isAllSent(transfer)
        ? end(transfer, 'sent', null)
        : end(transfer, 'aborted', 'the client has gone');
  }
}

/** Is the last block out? A loader may ask for its next file before we hear that it has all of this one. */
export const isAllSent = (transfer: Transfer): boolean => transfer.sent >= lastBlock(transfer);

/** Has the peer answered at all? Until then its request, repeated, is the same request. */
export function hasBegun(transfer: Transfer): boolean {
  return transfer.acknowledged > (transfer.terms.taken.size > 0 ? -1 : 0);
}

/** Bytes that the peer has acknowledged. */
export function bytesDelivered(transfer: Transfer): number {
  return Math.min(Math.max(transfer.acknowledged, 0) * transfer.terms.blockSize, transfer.size);
}

function stepPacket(transfer: Transfer, packet: TftpPacket, now: number): Stepped {
  if (packet.kind === 'ack') return stepAck(transfer, packet.block, now);
  if (packet.kind === 'error') {
    const said = packet.message === '' ? '' : `: ${packet.message}`;
    return end(transfer, 'aborted', `the client ended it with error ${packet.code}${said}`);
  }
  const message = `${packet.kind} has no place in a read`;
  const [ended, effects] = end(transfer, 'aborted', message);
  return [ended, [{ kind: 'error', code: ERROR_CODES.illegal, message }, ...effects]];
}

function stepAck(transfer: Transfer, number: number, now: number): Stepped {
  const forward = (number - transfer.acknowledged) & 0xffff;
  const block = transfer.acknowledged + forward;
  if (forward === 0) return stepRepeatedAck(transfer, now);
  if (block > transfer.sent) return [transfer, []];

  const took = now - transfer.firstSentAt;
  const wholeWindow = block === transfer.sent && !transfer.repeated;
  const roundTrip = wholeWindow ? measured(transfer.roundTrip, took) : transfer.roundTrip;
  // Spelled out: spreads cost more than all the rest of what is done for an ACK.
  const { terms, size, sent } = transfer;
  // Behind what went twice, an ACK from the midst of a window may answer the other time: what is on its way is left to come.
  const isDoubtful = block < sent && transfer.followsRepeated;
  const next: Transfer = {
    terms,
    size,
    acknowledged: block,
    sent,
    firstSentAt: now,
    sentAt: now,
    repeated: block < sent && !isDoubtful,
    followsRepeated: transfer.repeated,
    doubted: transfer.repeated ? took : null,
    tries: 0,
    roundTrip,
  };
  return block === lastBlock(transfer)
    ? end(next, 'sent', null)
    : sendWindow(next, isDoubtful ? sent + 1 : block + 1);
}

/**
 * Answering every ACK that comes twice would send every block twice from then on (the Sorcerer's Apprentice,
 * RFC 1123 §4.2.3.1). In a window it may mean that the first block was lost: that is believed once, and not where the
 * window before went twice, as then the client acknowledges its blocks twice.
 */
function stepRepeatedAck(transfer: Transfer, now: number): Stepped {
  const { terms, repeated, followsRepeated } = transfer;
  if (followsRepeated) return stepVain(transfer);
  if (terms.window === 1 || repeated || !hasBegun(transfer)) return [transfer, []];
  return sendWindow({ ...transfer, repeated: true, sentAt: now });
}

/**
 * The window before was sent again in vain: its first time had arrived. What went twice is not measured (RFC 6298 §3), but
 * this says that it was the first that was answered; unheard, a client that has become slow, with many others booting,
 * would be sent every window twice to the end of the file.
 */
function stepVain(transfer: Transfer): Stepped {
  const { terms, doubted, sentAt, tries } = transfer;
  if (doubted === null) return [transfer, []];
  const roundTrip = measured(transfer.roundTrip, Math.min(doubted, LONGEST_GUESS));
  const until = sentAt + waitFor(roundTrip, tries, terms.longestWait);
  return [{ ...transfer, doubted: null, roundTrip }, [{ kind: 'wait', until }]];
}

/** @param from the first block to send; those before it are on their way */
function sendWindow(transfer: Transfer, from = transfer.acknowledged + 1): Stepped {
  const { terms, acknowledged, sentAt, roundTrip, tries } = transfer;
  const wait = { kind: 'wait', until: sentAt + waitFor(roundTrip, tries, terms.longestWait) } as const;
  if (acknowledged < 0) return [{ ...transfer, sent: 0 }, [{ kind: 'oack', options: terms.taken }, wait]];
  const sent = Math.min(acknowledged + terms.window, lastBlock(transfer));
  const effects: TransferEffect[] = [];
  for (let block = from; block <= sent; block += 1) effects.push(data(transfer, block));
  effects.push(wait);
  const { size, firstSentAt, repeated, followsRepeated, doubted } = transfer;
  return [
    {
      terms,
      size,
      acknowledged,
      sent,
      firstSentAt,
      sentAt,
      repeated,
      followsRepeated,
      doubted,
      tries,
      roundTrip,
    },
    effects,
  ];
}

function data({ terms, size }: Transfer, block: number): TransferEffect {
  const offset = (block - 1) * terms.blockSize;
  return { kind: 'data', number: block & 0xffff, offset, length: Math.min(terms.blockSize, size - offset) };
}

/** The last block is the first that is not full, so it may be empty. */
function lastBlock({ terms, size }: Transfer): number {
  return Math.floor(size / terms.blockSize) + 1;
}

function end(transfer: Transfer, outcome: 'sent' | 'aborted', reason: string | null): Stepped {
  return [transfer, [{ kind: 'end', outcome, reason }]];
}
