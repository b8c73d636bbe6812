import type { OpenedFile } from '../files.ts';
import type { Reply } from './http-connection.ts';

/** All the memory that a transfer takes. Small ones let hundreds run, and a slow client is told from one that stopped. */
const FIRST_PIECE_BYTES = 64 * 1024;
/** Where few are fetched, and the client takes what there is. */
const LARGEST_PIECE_BYTES = 512 * 1024;
const SMALL_PIECE_BYTES = 128 * 1024;
const MOST_WITH_LARGE = 16;
/** A client that takes longer for a piece gets small ones. Milliseconds. */
const QUICK = 500;
let running = 0;

/**
 * Sends part of a file as the body, piece by piece. Everybody else has a turn after each, also where a client takes all
 * there is at once.
 * @returns the bytes sent; less than `length` when the client left
 * @throws Error when the file ended early: the length is promised already, so the connection has to go
 */
export async function sendFile(
  file: OpenedFile,
  offset: number,
  length: number,
  reply: Reply,
): Promise<number> {
  running += 1;
  try {
    return await sendPieces(file, offset, length, reply);
  } finally {
    running -= 1;
  }
}

async function sendPieces(file: OpenedFile, offset: number, length: number, reply: Reply): Promise<number> {
  let room: Buffer = Buffer.allocUnsafe(Math.min(FIRST_PIECE_BYTES, length));
  let done = 0;
  while (done < length) {
    const piece = room.subarray(0, length - done);
    if ((await file.read(piece, offset + done)) < piece.length)
      throw new Error('the file became shorter while it was sent');
    // The last piece makes it whole: a mixture of two files must not look like one.
    const isLast = done + piece.length === length;
    if (isLast && (await file.isUnchanged?.()) === false)
      throw new Error('the file changed while it was sent');
    const began = performance.now();
    if (!(await reply.piece(piece))) return done;
    done += piece.length;
    room = roomFor(length - done, performance.now() - began, room);
    await turn();
  }
  return done;
}

/** For the pieces to come: twice what was taken quickly. */
function roomFor(left: number, milliseconds: number, room: Buffer): Buffer {
  const most = running <= MOST_WITH_LARGE ? LARGEST_PIECE_BYTES : SMALL_PIECE_BYTES;
  const wanted = milliseconds < QUICK ? Math.min(room.length * 2, most) : FIRST_PIECE_BYTES;
  return wanted === room.length || left <= Math.min(wanted, room.length)
    ? room
    : Buffer.allocUnsafe(Math.min(wanted, left));
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
