/**
 * The archive format of install sets: ustar (POSIX.1-1988), which tar(1) of every OpenBSD ramdisk reads.
 *
 *   name (100) | mode (8) uid (8) gid (8) | size (12) mtime (12) | checksum (8) | type (1) | link (100)
 *   | 'ustar' 0 '00' | user (32) group (32) | device (16) | prefix (155) | padding to 512
 */
export interface TarEntry {
  /** Relative, without `./`; the bytes of the name as the file system has them. */
  readonly path: Uint8Array;
  readonly mode: number;
  readonly content:
    | { readonly kind: 'file'; readonly bytes: Uint8Array }
    | { readonly kind: 'directory' }
    | { readonly kind: 'link'; readonly target: Uint8Array };
}

const BLOCK = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const SLASH = 47;
/** Eleven octal digits. */
const LARGEST = 8 ** 11 - 1;
const TYPES = { file: '0', link: '2', directory: '5' } as const;

/**
 * The archive of these entries in the order of their names' bytes. Owner, group and times are the same for
 * all, so that the same input gives the same bytes.
 *
 * @param mtime seconds since the epoch
 * @returns why not, where an entry does not fit the format
 */
export function renderTar(
  entries: readonly TarEntry[],
  mtime: number,
): { readonly bytes: Uint8Array } | { readonly path: string; readonly fault: string } {
  const sorted = [...entries].sort((a, b) => compareBytes(a.path, b.path));
  const parts: Uint8Array[] = [];
  for (const entry of sorted) {
    const header = renderHeader(entry, mtime);
    if (typeof header === 'string') return { path: new TextDecoder().decode(entry.path), fault: header };
    parts.push(header);
    if (entry.content.kind === 'file') parts.push(entry.content.bytes, padding(entry.content.bytes.length));
  }
  return { bytes: concat([...parts, new Uint8Array(2 * BLOCK)]) };
}

function renderHeader({ path, mode, content }: TarEntry, mtime: number): Uint8Array | string {
  const place = splitPath(content.kind === 'directory' ? concat([path, Uint8Array.of(SLASH)]) : path);
  if (place === null) return 'its name is too long for ustar';
  const target = content.kind === 'link' ? content.target : new Uint8Array();
  if (target.length > NAME_BYTES) return 'what it points to is too long for ustar';
  const size = content.kind === 'file' ? content.bytes.length : 0;
  if (size > LARGEST) return 'it is larger than 8 GB';

  const header = new Uint8Array(BLOCK);
  const text = (value: string, at: number) => header.set(new TextEncoder().encode(value), at);
  header.set(place.name, 0);
  text(`${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
  text(`${octal(size, 11)}\0${octal(mtime, 11)}\0`, 124);
  // The checksum is taken as if it were blanks itself.
  text('        ', 148);
  text(TYPES[content.kind], 156);
  header.set(target, 157);
  text('ustar\x0000root', 257);
  text('wheel', 297);
  header.set(place.prefix, 345);
  text(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return header;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');

/** A long name is cut at a slash, which itself is not written. */
function splitPath(path: Uint8Array): { readonly name: Uint8Array; readonly prefix: Uint8Array } | null {
  if (path.length <= NAME_BYTES) return { name: path, prefix: new Uint8Array() };
  const cut = path.indexOf(SLASH, path.length - NAME_BYTES - 1);
  if (cut <= 0 || cut > PREFIX_BYTES || cut === path.length - 1) return null;
  return { name: path.subarray(cut + 1), prefix: path.subarray(0, cut) };
}

const padding = (size: number): Uint8Array => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  for (let at = 0; at < end; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
