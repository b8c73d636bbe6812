import { randomBytes } from 'node:crypto';
import { type NamesBeside, NO_SUCH_FILE, type OpenedFile, type OpenFile } from '../files.ts';
import type { Named } from '../tftp/names.ts';
import { nearest } from '../tftp/nearest.ts';
import { LONGEST_NETASCII, netascii } from '../tftp/netascii.ts';
import type { Source } from './tftp-transfer.ts';

export interface OpenedSource extends Source {
  close(): Promise<void>;
}

/** Read at once, so that a kernel in blocks of 512 bytes does not cost a system call each. */
const CHUNK_BYTES = 128 * 1024;

type Opened = OpenedSource | { readonly missing: string };

export type Mode = 'octet' | 'netascii';

/** @returns why not, where there is no such file, or none that can be sent in this mode */
export async function openSource(
  named: Exclude<Named, { kind: 'refused' }>,
  mode: Mode,
  openFile: OpenFile,
  openOther?: OpenFile,
): Promise<Opened> {
  const opened = await openOctets(named, openFile, openOther);
  return mode === 'octet' || 'missing' in opened ? opened : translated(opened);
}

async function openOctets(
  named: Exclude<Named, { kind: 'refused' }>,
  openFile: OpenFile,
  openOther?: OpenFile,
): Promise<Opened> {
  switch (named.kind) {
    case 'text':
      return memorySource(new TextEncoder().encode(named.text));
    case 'random':
      return memorySource(randomBytes(named.bytes));
    case 'other': {
      const file = (await openOther?.(named.path)) ?? { missing: NO_SUCH_FILE };
      if (!('missing' in file)) return sourceOf(file);
      return { missing: file.missing === NO_SUCH_FILE ? named.reason : file.missing };
    }
    case 'file': {
      const file = await openFile(named.path);
      return 'missing' in file ? file : sourceOf(file);
    }
  }
}

/** For the log and the loader's console, behind why there is no such file. */
export async function nearOther(path: string, beside: NamesBeside | undefined): Promise<string> {
  const cut = path.lastIndexOf('/') + 1;
  const meant = nearest(path.slice(cut), (await beside?.(path)) ?? []);
  return meant === null ? '' : `; netboot.tftpDirectory has ${path.slice(0, cut)}${meant}`;
}

const sourceOf = (file: OpenedFile): OpenedSource =>
  file.bytes === undefined ? chunkedSource(file) : memorySource(file.bytes);

/** The length must be known before the first block is sent, so the whole text is translated first. */
async function translated(source: OpenedSource): Promise<Opened> {
  try {
    const { size } = source;
    if (size > LONGEST_NETASCII) return { missing: 'is too long for a text: ask in mode octet' };
    const bytes = await source.read(0, size);
    return bytes.length === size ? memorySource(netascii(bytes)) : { missing: 'the file became shorter' };
  } finally {
    await source.close();
  }
}

export function memorySource(bytes: Uint8Array): OpenedSource {
  return {
    size: bytes.length,
    ...(bytes.buffer instanceof SharedArrayBuffer && { shared: bytes }),
    read: (offset, length) => bytes.subarray(offset, offset + length),
    close: async () => undefined,
  };
}

function chunkedSource(file: OpenedFile): OpenedSource {
  let chunk = new Uint8Array(0);
  let start = 0;
  const within = (offset: number, length: number) =>
    offset >= start && offset + length <= start + chunk.length
      ? chunk.subarray(offset - start, offset - start + length)
      : null;
  const refill = async (offset: number, length: number) => {
    const next = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(file.size - offset, 0)));
    const filled = await file.read(next, offset);
    // The last piece makes it whole: a mixture of two kernels must not look like one.
    const isLast = offset + filled === file.size;
    if (isLast && (await file.isUnchanged?.()) === false) throw new Error('it changed while it was sent');
    chunk = next.subarray(0, filled);
    start = offset;
    return chunk.subarray(0, length);
  };
  return {
    size: file.size,
    read: (offset, length) => within(offset, length) ?? refill(offset, length),
    close: () => file.close(),
  };
}
