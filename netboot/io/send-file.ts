import type { ServerResponse } from 'node:http';
import type { OpenedFile } from '../files.ts';

/** All the memory that a transfer takes. Large ones cost the first sets after a start half, small ones let hundreds run. */
const PIECE_BYTES = 1024 * 1024;
const SMALL_PIECE_BYTES = 128 * 1024;
const MOST_WITH_LARGE = 16;
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
  response: ServerResponse,
): Promise<number> {
  const most = running < MOST_WITH_LARGE ? PIECE_BYTES : SMALL_PIECE_BYTES;
  running += 1;
  try {
    return await sendPieces(file, offset, length, Buffer.allocUnsafe(Math.min(most, length)), response);
  } finally {
    running -= 1;
  }
}

async function sendPieces(
  file: OpenedFile,
  offset: number,
  length: number,
  room: Buffer,
  response: ServerResponse,
): Promise<number> {
  let done = 0;
  while (done < length) {
    const piece = room.subarray(0, length - done);
    if ((await file.read(piece, offset + done)) < piece.length)
      throw new Error('the file became shorter while it was sent');
    // The last piece makes it whole: a mixture of two files must not look like one.
    const isLast = done + piece.length === length;
    if (isLast && (await file.isUnchanged?.()) === false)
      throw new Error('the file changed while it was sent');
    if (!(await write(response, piece))) return done;
    done += piece.length;
    await turn();
  }
  response.end();
  return done;
}

/** @returns whether the system has taken it all; false when the client left */
function write(response: ServerResponse, piece: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve(false);
    const left = () => resolve(false);
    response.once('close', left);
    response.write(piece, (error) => {
      response.off('close', left);
      resolve(!error);
    });
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
