import type { Socket } from 'node:dgram';

/** Bytes. Systems refuse what is above their limit (OpenBSD: kern.sbmax), or take less without a word. */
const SIZES = [1024 * 1024, 256 * 1024];

/**
 * Room for a rack that is switched on at once: what does not fit is lost, and its sender waits for seconds.
 * More would only be answered when the sender no longer waits. Where no size is taken, the system's own stays.
 */
export function enlargeReceiveBuffer(socket: Socket): void {
  for (const size of SIZES) {
    try {
      socket.setRecvBufferSize(size);
      return;
    } catch {
      // Refused: try less.
    }
  }
}

/** Bytes, a dozen packets. */
const FEW = 8 * 1024;

/** For what need not be heard to the last packet: the rest is lost before it costs anything. */
export function reduceReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(FEW);
  } catch {
    // Then it costs what it costs.
  }
}
