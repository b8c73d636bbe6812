import { createSocket, type Socket } from 'node:dgram';
import type { Clock } from '../../src/common/port.ts';
import type { RequestOptions } from '../tftp/packet.ts';
import {
  ASKED_AGAIN,
  type RunningTransfer,
  runTransfer,
  type Source,
  type TransferResult,
} from './tftp-transfer.ts';

/** One file for one peer. */
export interface TransferJob {
  readonly peer: TransferPeer;
  /** Our address, the one that was asked. */
  readonly localAddress: string;
  readonly options: RequestOptions;
  readonly source: Source;
  /** Called when the peer has answered for the first time. */
  readonly onBegun?: () => void;
}

export interface TransferPeer {
  readonly address: string;
  readonly port: number;
  readonly family: 'IPv4' | 'IPv6';
}

/** Begins a transfer on a port of its own. `done` rejects where there is no such port, and then only. */
export type StartTransfer = (job: TransferJob) => RunningTransfer;

/** Transfers in this thread. */
export function transfersHere(clock: Clock): StartTransfer {
  return (job) => {
    let running: RunningTransfer | null = null;
    let leftFor: string | null = null;
    const done = connectTo(job.peer, job.localAddress).then(
      (socket): Promise<TransferResult> | TransferResult => {
        if (leftFor !== null) {
          socket.close(); // without a packet: the peer's port belongs to another transfer by now
          return { outcome: 'aborted', bytes: 0, reason: leftFor };
        }
        running = runTransfer(socket, job.options, job.source, clock, job.onBegun);
        return running.done;
      },
    );
    const end = (reason: string) => {
      leftFor ??= reason;
    };
    return {
      done,
      hasBegun: () => running?.hasBegun() ?? false,
      askAgain: () => running?.askAgain(),
      leave: () => (running === null ? end(ASKED_AGAIN) : running.leave()),
      hush: () => (running === null ? end(ASKED_AGAIN) : running.hush()),
      abort: (reason) => (running === null ? end(reason) : running.abort(reason)),
    };
  };
}

/** A socket of its own on the address that was asked, deaf to everybody but the peer. */
function connectTo(peer: TransferPeer, localAddress: string): Promise<Socket> {
  const socket = createSocket(peer.family === 'IPv6' ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.close();
      reject(error);
    };
    socket.once('error', fail);
    socket.bind({ address: localAddress, port: 0, exclusive: true }, () => {
      // A callback would be called where there is no way to the peer, too.
      socket.once('connect', () => {
        socket.off('error', fail);
        resolve(socket);
      });
      socket.connect(peer.port, peer.address);
    });
  });
}
