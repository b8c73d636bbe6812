/**
 * Finds one member of a tar archive (ustar, POSIX.1-1988; layout in `ustar.ts`) that comes in pieces. Pure, and
 * keeps no more than one header and the member that is looked for.
 */
export interface TarSearch {
  /** Takes the next piece. @returns the member's bytes once it is complete */
  push(piece: Uint8Array): Uint8Array | null;
}

const BLOCK = 512;
/** A member larger than this is none of those that are looked for. */
const LARGEST_MEMBER = 1 << 20;

/** @param path of the member, without `./` */
export function searchTar(path: string): TarSearch {
  let header = new Uint8Array(0);
  let skip = 0;
  let wanted: { readonly bytes: Uint8Array; filled: number } | null = null;

  return {
    push(piece) {
      let at = 0;
      while (at < piece.length) {
        if (wanted !== null) {
          const part = piece.subarray(at, at + wanted.bytes.length - wanted.filled);
          wanted.bytes.set(part, wanted.filled);
          wanted.filled += part.length;
          return wanted.filled === wanted.bytes.length ? wanted.bytes : null;
        }
        if (skip > 0) {
          const step = Math.min(skip, piece.length - at);
          skip -= step;
          at += step;
          continue;
        }
        const part = piece.subarray(at, at + BLOCK - header.length);
        at += part.length;
        header = joined(header, part);
        if (header.length < BLOCK) continue;
        const { name, size, isFile } = readHeader(header);
        header = new Uint8Array(0);
        if (isFile && name === path && size > 0 && size <= LARGEST_MEMBER) {
          wanted = { bytes: new Uint8Array(size), filled: 0 };
        } else skip = Math.ceil(size / BLOCK) * BLOCK;
      }
      return null;
    },
  };
}

function readHeader(header: Uint8Array): { name: string; size: number; isFile: boolean } {
  const text = (from: number, length: number): string => {
    const field = header.subarray(from, from + length);
    const end = field.indexOf(0);
    return new TextDecoder('latin1').decode(end < 0 ? field : field.subarray(0, end));
  };
  const prefix = text(345, 155);
  const name = `${prefix === '' ? '' : `${prefix}/`}${text(0, 100)}`.replace(/^\.\//, '');
  const size = Number.parseInt(text(124, 12).trim(), 8);
  const type = text(156, 1);
  return {
    name,
    size: Number.isSafeInteger(size) && size > 0 ? size : 0,
    isFile: type === '0' || type === '',
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a, 0);
  bytes.set(b, a.length);
  return bytes;
}
