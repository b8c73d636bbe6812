import { messageOf } from '../../src/common/error.ts';
import type { OpenedFile } from '../files.ts';
import type { Reply } from './http-connection.ts';

/** Small ones let hundreds run, and tell a slow client from one that stopped. */
const SMALL_PIECE_BYTES = 64 * 1024;
/** Where few are fetched, and the client takes what there is. Larger ones do not stay in the processor's cache. */
const LARGE_PIECE_BYTES = 256 * 1024;
const MOST_WITH_LARGE = 64;
/** A client that takes longer for a piece gets small ones. Milliseconds. */
const QUICK = 500;
let running = 0;
/** The last one that was free is read into next: it still lies in the cache. */
const rooms: Buffer[] = [];

export interface Sent {
  /** Less than was to be sent when the client left. */
  readonly bytes: number;
  /** Why the file could not be sent to its end: the length is promised already, so the connection has to go. */
  readonly fault: string | null;
}

/**
 * Sends part of a file as the body, piece by piece. Everybody else has a turn after each, also where a client takes all
 * there is at once.
 */
export async function sendFile(
  file: OpenedFile,
  offset: number,
  length: number,
  reply: Reply,
): Promise<Sent> {
  running += 1;
  try {
    return await sendPieces(file, offset, length, reply);
  } finally {
    running -= 1;
  }
}

async function sendPieces(file: OpenedFile, offset: number, length: number, reply: Reply): Promise<Sent> {
  let [done, isQuick] = [0, false];
  try {
    while (done < length) {
      const room = roomFor(isQuick && running <= MOST_WITH_LARGE);
      const piece = room.subarray(0, length - done);
      if ((await file.read(piece, offset + done)) < piece.length)
        throw new Error('the file became shorter while it was sent');
      // The last piece makes it whole: a mixture of two files must not look like one.
      const isLast = done + piece.length === length;
      if (isLast && (await file.isUnchanged?.()) === false)
        throw new Error('the file changed while it was sent');
      const began = performance.now();
      if (!(await reply.piece(piece))) break;
      isQuick = performance.now() - began < QUICK;
      if (room.length === LARGE_PIECE_BYTES && rooms.length < MOST_WITH_LARGE) rooms.push(room);
      done += piece.length;
      await turn();
    }
    return { bytes: done, fault: null };
  } catch (error) {
    return { bytes: done, fault: messageOf(error) };
  }
}

function roomFor(isLarge: boolean): Buffer {
  if (!isLarge) return Buffer.allocUnsafe(SMALL_PIECE_BYTES);
  return rooms.pop() ?? Buffer.allocUnsafe(LARGE_PIECE_BYTES);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
