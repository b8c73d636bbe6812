import type { ServerResponse } from 'node:http';
import type { OpenedFile } from '../files.ts';

/** Two pieces are all the memory that a transfer takes. Large ones cost half the time, small ones let hundreds run at once. */
const PIECE_BYTES = 1024 * 1024;
const SMALL_PIECE_BYTES = 128 * 1024;
const MOST_WITH_LARGE = 16;
let running = 0;

/**
 * Sends part of a file as the body, reading the next piece while one is on its way.
 * @returns the bytes sent; less than `length` when the client left
 * @throws Error when the file ended early: the length is promised already, so the connection has to go
 */
export async function sendFile(
  file: OpenedFile,
  offset: number,
  length: number,
  response: ServerResponse,
): Promise<number> {
  if (file.bytes !== undefined) return sendBytes(file.bytes.subarray(offset, offset + length), response);
  const most = running < MOST_WITH_LARGE ? PIECE_BYTES : SMALL_PIECE_BYTES;
  running += 1;
  try {
    return await sendPieces(file, offset, length, most, response);
  } finally {
    running -= 1;
  }
}

async function sendPieces(
  file: OpenedFile,
  offset: number,
  length: number,
  most: number,
  response: ServerResponse,
): Promise<number> {
  const left = new Promise<'left'>((resolve) => response.once('close', () => resolve('left')));
  const pieceAt = (done: number) => Math.min(most, length - done);
  let front = Buffer.allocUnsafe(pieceAt(0));
  let back = Buffer.allocUnsafe(pieceAt(0));
  let done = 0;
  await fill(file, front, offset);
  while (done < length) {
    const piece = front.subarray(0, pieceAt(done));
    const next = back.subarray(0, pieceAt(done + piece.length));
    // The last piece makes it whole: a mixture of two files must not look like one.
    const isLast = done + piece.length === length;
    if (isLast && (await file.isUnchanged?.()) === false)
      throw new Error('the file changed while it was sent');
    const flushed = Promise.race([write(response, piece), left]);
    const [flush] = await Promise.all([flushed, fill(file, next, offset + done + piece.length)]);
    if (flush === 'left') return done;
    done += piece.length;
    [front, back] = [back, front];
  }
  response.end();
  return done;
}

/** Nothing is copied; the pieces only bound what waits in the socket of a client that takes nothing. */
async function sendBytes(bytes: Uint8Array, response: ServerResponse): Promise<number> {
  const left = new Promise<'left'>((resolve) => response.once('close', () => resolve('left')));
  let done = 0;
  while (done < bytes.length) {
    const piece = bytes.subarray(done, done + PIECE_BYTES);
    if ((await Promise.race([write(response, piece), left])) === 'left') return done;
    done += piece.length;
  }
  response.end();
  return done;
}

async function fill(file: OpenedFile, into: Uint8Array, offset: number): Promise<void> {
  if (into.length === 0) return;
  const filled = await file.read(into, offset);
  if (filled < into.length) throw new Error('the file became shorter while it was sent');
}

function write(response: ServerResponse, piece: Uint8Array): Promise<'left' | 'sent'> {
  return new Promise((resolve) => {
    response.write(piece, (error) => resolve(error ? 'left' : 'sent'));
  });
}
