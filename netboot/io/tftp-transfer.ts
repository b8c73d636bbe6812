import type { Socket } from 'node:dgram';
import { errnoOf, messageOf } from '../../src/common/error.ts';
import type { Clock } from '../../src/common/port.ts';
import { decodeTftp, ERROR_CODES, encodeTftp, type RequestOptions, type TftpPacket } from '../tftp/packet.ts';
import {
  bytesDelivered,
  hasBegun,
  isAllSent,
  openTransfer,
  stepTransfer,
  type TransferEffect,
  type TransferEvent,
} from '../tftp/transfer.ts';

/** Where the bytes come from. `read` answers at once where it can. */
export interface Source {
  readonly size: number;
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

export interface TransferResult {
  readonly outcome: 'sent' | 'aborted';
  readonly bytes: number;
  readonly reason: string | null;
}

export interface RunningTransfer {
  /** Never rejects; the socket is closed by then. */
  readonly done: Promise<TransferResult>;
  hasBegun(): boolean;
  /** The peer repeated its request. */
  askAgain(): void;
  /** The peer's port belongs to another transfer from now on. */
  leave(): void;
  abort(reason: string): void;
}

/** A peer that sends faster than it is answered loses packets, as it would on the wire. */
const MOST_WAITING = 64;

/**
 * Runs one transfer over its own socket, which is connected to the peer, so that nobody else can disturb it
 * and the system tells when the peer is gone.
 */
export function runTransfer(
  socket: Socket,
  asked: RequestOptions,
  source: Source,
  clock: Clock,
): RunningTransfer {
  let [transfer, effects] = openTransfer(asked, source.size, clock.now());
  const waiting: TransferEvent[] = [];
  let busy = false;
  let ended = false;
  let cancelTimer: (() => void) | null = null;
  let [deadline, armedFor] = [0, 0];
  let resolve: (result: TransferResult) => void = () => {};
  const done = new Promise<TransferResult>((settle) => {
    resolve = settle;
  });

  const finish = (outcome: 'sent' | 'aborted', reason: string | null) => {
    if (ended) return;
    ended = true;
    cancelTimer?.();
    socket.close();
    resolve({ outcome, bytes: bytesDelivered(transfer), reason });
  };
  // What was lost on the way shows as a timeout. That the peer is gone shows here or at the next receive.
  const sent = (error: Error | null) => {
    if (error !== null && errnoOf(error) === 'ECONNREFUSED') take({ kind: 'unreachable' });
  };
  const send = (packet: TftpPacket) => {
    if (!ended) socket.send(encodeTftp(packet), sent);
  };
  /** @returns a promise only where the bytes have to be waited for: each `await` delays the packets after it */
  const perform = (effect: TransferEffect): void | Promise<void> => {
    switch (effect.kind) {
      case 'oack':
        return send(effect);
      case 'error':
        return send(effect);
      case 'wait':
        deadline = effect.until;
        if (cancelTimer === null || deadline < armedFor) arm();
        return;
      case 'end':
        return finish(effect.outcome, effect.reason);
      case 'data': {
        const found = source.read(effect.offset, effect.length);
        return found instanceof Promise
          ? found.then((bytes) => sendData(effect, bytes))
          : sendData(effect, found);
      }
    }
  };
  const sendData = ({ number, length }: { number: number; length: number }, bytes: Uint8Array) => {
    if (bytes.length === length) return send({ kind: 'data', block: number, bytes });
    const message = 'the file became shorter';
    send({ kind: 'error', code: ERROR_CODES.undefined, message });
    finish('aborted', message);
  };
  /** Nearly every wait is over before its time, so the timer stays and looks again when it fires. */
  const arm = () => {
    cancelTimer?.();
    armedFor = deadline;
    cancelTimer = clock.timer(deadline, () => {
      cancelTimer = null;
      if (ended) return;
      if (clock.now() < deadline) arm();
      else take({ kind: 'timeout' });
    });
  };
  const run = async () => {
    if (busy) return;
    busy = true;
    try {
      for (;;) {
        for (const effect of effects) {
          if (ended) break;
          const waits = perform(effect);
          if (waits !== undefined) await waits;
        }
        const event = waiting.shift();
        if (event === undefined || ended) break;
        [transfer, effects] = stepTransfer(transfer, event, clock.now());
      }
    } catch (error) {
      send({ kind: 'error', code: ERROR_CODES.undefined, message: 'cannot read the file' });
      finish('aborted', `cannot read the file: ${messageOf(error)}`);
    }
    effects = [];
    busy = false;
  };
  const take = (event: TransferEvent) => {
    if (ended || (event.kind === 'packet' && waiting.length >= MOST_WAITING)) return;
    waiting.push(event);
    void run();
  };

  socket.on('message', (bytes) => {
    const decoded = decodeTftp(bytes);
    if (decoded.ok) take({ kind: 'packet', packet: decoded.packet });
  });
  socket.on('error', (error) => {
    if (errnoOf(error) === 'ECONNREFUSED') take({ kind: 'unreachable' });
    else finish('aborted', messageOf(error));
  });
  void run();
  return {
    done,
    hasBegun: () => hasBegun(transfer),
    askAgain: () => take({ kind: 'asked-again' }),
    leave: () => (isAllSent(transfer) ? finish('sent', null) : finish('aborted', 'the client asked again')),
    abort: (reason) => finish('aborted', reason),
  };
}
