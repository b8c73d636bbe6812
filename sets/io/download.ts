import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { errnoOf, messageOf, OperatorError } from '../../src/common/error.ts';
import type { Clock } from '../../src/common/port.ts';
import { askMirror, type DownloadParts } from './mirror-request.ts';

export interface DownloadOrder {
  readonly url: string;
  /** Where it is put. What stands there already is taken for its beginning. */
  readonly path: string;
  /** What it must be, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Called as bytes arrive. `size`: of the whole file, null where the mirror does not say. */
  readonly onProgress: (received: number, size: number | null) => void;
}

/** Pauses before another try, in seconds, as long as none brings anything. */
const PAUSES = [1, 3, 10, 30];
/** No set comes near it; a mirror that never ends must not fill the disk. */
const LARGEST_FILE = 4 * 1024 ** 3;
/** Kernel and checksum files, which are held in memory. */
const LARGEST_TEXT = 4 * 1024 ** 2;

/**
 * Fetches one file of a mirror to a path, going on where an earlier try ended (RFC 9110 section 14: Range), until its
 * checksum is right. A file whose beginning turns out to be another one is fetched once more from its start.
 *
 * @returns false when all of it was there already
 * @throws OperatorError MIRROR_FAILED with the URL and the reason, SETS_UNWRITABLE when the disk is full
 */
export async function download(order: DownloadOrder, parts: DownloadParts): Promise<boolean> {
  // Whole already: an earlier run ended between its last byte and the publication.
  if ((await sha256Of(order.path)) === order.sha256) return false;
  for (const start of ['resume', 'anew'] as const) {
    if (start === 'anew') await rm(order.path, { force: true });
    const sha256 = await persist(order, parts);
    if (sha256 === order.sha256) return true;
  }
  await rm(order.path, { force: true });
  throw new OperatorError('MIRROR_FAILED', `${order.url} is not what was signed: its SHA256 is another`);
}

/** A small text of a mirror. @returns null where the mirror has no such file (404, 410) */
export async function downloadText(url: string, parts: DownloadParts): Promise<Buffer | null> {
  return patiently(url, parts, async () => {
    const response = await askMirror(url, {}, parts);
    if (response.absent) return null;
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of response.body()) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > LARGEST_TEXT)
        throw new OperatorError('MIRROR_FAILED', `${url} is larger than such a file can be`);
    }
    return Buffer.concat(chunks);
  });
}

/** @returns the SHA-256 of the whole file */
function persist(order: DownloadOrder, parts: DownloadParts): Promise<string> {
  return patiently(order.url, parts, async (brought) => {
    const file = await open(order.path, 'a+', 0o644).catch((cause) => {
      throw unwritable(order.path, cause);
    });
    try {
      return await continueFile(file, order, parts, brought);
    } catch (error) {
      if (['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG'].includes(errnoOf(error) ?? ''))
        throw unwritable(order.path, error);
      throw error;
    } finally {
      await file.close();
    }
  });
}

async function continueFile(
  file: FileHandle,
  order: DownloadOrder,
  parts: DownloadParts,
  brought: () => void,
): Promise<string> {
  const { url, path, onProgress } = order;
  let have = (await file.stat()).size;
  let hash = await hashOf(path, have);
  const response = await askMirror(url, have > 0 ? { range: `bytes=${have}-` } : {}, parts);
  if (response.absent) throw new OperatorError('MIRROR_FAILED', `${url}: the mirror has no such file`);
  if (response.from !== have) {
    await file.truncate(0);
    [have, hash] = [0, createHash('sha256')];
  }
  const { size } = response;
  for await (const chunk of response.body()) {
    await file.appendFile(chunk);
    hash.update(chunk);
    have += chunk.length;
    if (have > LARGEST_FILE) throw new OperatorError('MIRROR_FAILED', `${url} is larger than any set`);
    brought();
    onProgress(have, size);
  }
  if (size !== null && have < size) throw new Error(`it ended after ${have} of ${size} bytes`);
  await file.sync();
  return hash.digest('hex');
}

async function sha256Of(path: string): Promise<string | null> {
  const bytes = await sizeOf(path);
  return bytes === 0 ? null : (await hashOf(path, bytes)).digest('hex');
}

async function hashOf(path: string, bytes: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (bytes === 0) return hash;
  for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: 1 << 20 }))
    hash.update(chunk);
  return hash;
}

/** Tries again after a growing pause; a try that brought bytes starts the pauses anew. */
async function patiently<T>(
  url: string,
  { clock, signal }: DownloadParts,
  attempt: (brought: () => void) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; ) {
    let progress = false;
    try {
      signal.throwIfAborted();
      return await attempt(() => {
        progress = true;
      });
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      signal.throwIfAborted();
      tries = progress ? 1 : tries + 1;
      const seconds = PAUSES[tries - 1];
      if (seconds === undefined) {
        throw new OperatorError('MIRROR_FAILED', `${url}: ${reasonOf(error)}`, { cause: error });
      }
      await pause(clock, signal, seconds);
    }
  }
}

function pause(clock: Clock, signal: AbortSignal, seconds: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.timer(clock.now() + seconds * 1000, done);
    function done(): void {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}

/** fetch says `fetch failed`; why stands in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(cause) || (errnoOf(cause) ?? 'no answer');
}

function unwritable(path: string, cause: unknown): OperatorError {
  return new OperatorError('SETS_UNWRITABLE', `${path}: ${messageOf(cause)}`, { cause });
}

/** Bytes of a file, 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
