import type { Socket } from 'node:dgram';
import { errnoOf, messageOf } from '../../src/common/error.ts';
import type { Clock } from '../../src/common/port.ts';
import {
  DATA_HEADER_BYTES,
  decodeTftp,
  ERROR_CODES,
  encodeTftp,
  type RequestOptions,
  type TftpPacket,
  writeData,
} from '../tftp/packet.ts';
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
  /** All of it, where it lies in memory that threads can share. Not to be changed. */
  readonly shared?: Uint8Array;
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
  /**
   * As `leave`, but the request that took its place may be an old one that was long under way: nothing is sent
   * until the peer acknowledges once more what it has of this transfer.
   */
  hush(): void;
  abort(reason: string): void;
}

/** A peer that sends faster than it is answered loses packets, as it would on the wire. */
const MOST_WAITING = 64;

export const ASKED_AGAIN = 'the client asked again';
/** A hushed transfer is given up after so many milliseconds. */
const HUSHED_FOR = 5000;

/**
 * Runs one transfer over its own socket, which is connected to the peer, so that nobody else can disturb it
 * and the system tells when the peer is gone.
 * @param onBegun called when the peer has answered for the first time
 */
export function runTransfer(
  socket: Socket,
  asked: RequestOptions,
  source: Source,
  clock: Clock,
  onBegun: () => void = () => undefined,
): RunningTransfer {
  const family = socket.remoteAddress().family === 'IPv6' ? 'IPv6' : 'IPv4';
  let [transfer, effects] = openTransfer(asked, source.size, clock.now(), family);
  const waiting: TransferEvent[] = [];
  let busy = true;
  let ended = false;
  let hushed = false;
  let begun = false;
  /** What the system said of our packets since the peer's last one. */
  let trouble: string | null = null;
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
    // Its last ACK may be behind what tells that it has all: its next request, or that nobody is there any more.
    resolve({ outcome, bytes: outcome === 'sent' ? transfer.size : bytesDelivered(transfer), reason });
  };
  // What was lost on the way shows as a timeout, and that the peer is gone shows as an error of the socket: a
  // callback would tell neither earlier, and costs a tenth of each packet.
  const send = (packet: TftpPacket) => {
    if (!ended) socket.send(encodeTftp(packet));
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
        return finish(
          effect.outcome,
          effect.reason === null || trouble === null ? effect.reason : `${effect.reason}: ${trouble}`,
        );
      case 'data': {
        const found = source.read(effect.offset, effect.length);
        return found instanceof Promise
          ? found.then((bytes) => sendData(effect, bytes))
          : sendData(effect, found);
      }
    }
  };
  // One for each packet of a window. The system has copied them when `send` is back, and the next window is written over
  // them; where one had to wait for room in the system, they are left to it. Header and bytes apart cost more than a copy.
  let frames: Buffer[] = [];
  let framed = 0;
  const nextWindow = () => {
    framed = 0;
    if (socket.getSendQueueCount() > 0) frames = [];
  };
  const frame = (length: number): Buffer => {
    const whole = frames[framed] ?? Buffer.allocUnsafe(DATA_HEADER_BYTES + transfer.terms.blockSize);
    frames[framed] = whole;
    framed += 1;
    return length === whole.length ? whole : whole.subarray(0, length);
  };
  const sendData = ({ number, length }: { number: number; length: number }, bytes: Uint8Array) => {
    if (ended) return;
    if (bytes.length === length) {
      const packet = frame(DATA_HEADER_BYTES + length);
      writeData(packet, number, bytes);
      socket.send(packet);
      return;
    }
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
      else if (hushed) finish('aborted', ASKED_AGAIN);
      else take({ kind: 'timeout' });
    });
  };
  /** Goes on with the effects from `next` on, and with what came meanwhile; where it waits, it is called again. */
  const run = (next = 0): void => {
    try {
      for (let index = next; ; index = 0) {
        for (; index < effects.length && !ended; index += 1) {
          const effect = effects[index];
          const waits = effect && perform(effect);
          if (waits === undefined) continue;
          const after = index + 1;
          waits.then(() => run(after), fail);
          return;
        }
        const event = waiting.shift();
        if (event === undefined || ended) break;
        [transfer, effects] = stepTransfer(transfer, event, clock.now());
        nextWindow();
        if (!begun && hasBegun(transfer)) {
          begun = true;
          onBegun();
        }
      }
      effects = [];
      busy = false;
    } catch (error) {
      fail(error);
    }
  };
  const fail = (error: unknown) => {
    send({ kind: 'error', code: ERROR_CODES.undefined, message: 'cannot read the file' });
    finish('aborted', `cannot read the file: ${messageOf(error)}`);
  };
  const take = (event: TransferEvent) => {
    if (ended || (event.kind === 'packet' && waiting.length >= MOST_WAITING)) return;
    hushed = false;
    waiting.push(event);
    if (busy) return;
    busy = true;
    run();
  };

  socket.on('message', (bytes) => {
    const decoded = decodeTftp(bytes);
    trouble = null;
    if (decoded.ok) take({ kind: 'packet', packet: decoded.packet });
  });
  socket.on('error', (error) => {
    if (errnoOf(error) === 'ECONNREFUSED') return take({ kind: 'unreachable' });
    // Linux says so of a packet that was too long for some link on the way, and cuts those that follow (RFC 1191). The
    // rest passes, too, or the tries come to their end: it was one packet, and that is sent again.
    trouble = messageOf(error);
  });
  const leave = () => (isAllSent(transfer) ? finish('sent', null) : finish('aborted', ASKED_AGAIN));
  run();
  return {
    done,
    hasBegun: () => hasBegun(transfer),
    askAgain: () => take({ kind: 'asked-again' }),
    leave,
    hush() {
      if (isAllSent(transfer)) return leave();
      hushed = true;
      deadline = clock.now() + HUSHED_FOR;
      arm();
    },
    abort: (reason) => finish('aborted', reason),
  };
}
