import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { signEmbedded } from './signify.ts';

/** Bytes of each set: large enough where a progress bar is to be seen. */
const KERNELS: Readonly<Record<string, number>> = { bsd: 300_000, 'bsd.mp': 300_000, 'bsd.rd': 420_000 };
/** pxeboot(8), with which a machine netboots. */
const LOADER_BYTES = 90_000;
const TARS: Readonly<Record<string, number>> = {
  base: 640_000,
  comp: 260_000,
  man: 60_000,
  game: 24_000,
  xbase: 180_000,
  xshare: 40_000,
  xfont: 90_000,
  xserv: 120_000,
};
const BUILD_DATE = 1_727_708_400;

/**
 * Writes small install sets below `directory` as a mirror has them: pub/OpenBSD/RELEASE/ARCH with SHA256,
 * SHA256.sig and index.txt. The same bytes at every call.
 * @returns the directory in which the sets are
 */
export async function makeSets(directory: string, release: string, arch: string): Promise<string> {
  const version = release.replace('.', '');
  const files = new Map<string, Buffer>();
  for (const [name, size] of Object.entries(KERNELS)) files.set(name, kernel(name, release, size));
  files.set('pxeboot', loader());
  for (const [name, size] of Object.entries(TARS)) files.set(`${name}${version}.tgz`, tgz(name, size));
  files.set('BUILDINFO', Buffer.from(`Build date: ${BUILD_DATE} - Mon Sep 30 15:00:00 UTC 2024\n`));
  const sums = [...files].map(([name, bytes]) => `SHA256 (${name}) = ${sha256(bytes)}\n`).sort();
  files.set('SHA256', Buffer.from(sums.join('')));
  files.set('SHA256.sig', Buffer.from(signEmbedded(sums.join(''), version)));
  files.set('index.txt', Buffer.from(index(files)));
  const target = join(directory, 'pub', 'OpenBSD', release, arch);
  await mkdir(target, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(target, name), bytes);
  return target;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** ls(1) -lT, which the installer reads from its last blank on. */
function index(files: ReadonlyMap<string, Uint8Array>): string {
  const lines = [...files].map(
    ([name, { length }]) =>
      `-rw-r--r--  1 1001  0  ${String(length).padStart(9)} Sep 30 15:00:00 2024 ${name}\n`,
  );
  return lines.sort().join('');
}

/** An ELF header's first bytes, what(1)'s line with the release, and noise. */
function kernel(name: string, release: string, size: number): Buffer {
  const config = { bsd: 'GENERIC', 'bsd.mp': 'GENERIC.MP' }[name] ?? 'RAMDISK_CD';
  const head = Buffer.from(
    `\x7fELF\x02\x01\x01\0@(#)OpenBSD ${release} (${config}) #233: Mon Sep 30 2024\n\0`,
  );
  return Buffer.concat([head, noise(name, size - head.length)]);
}

/** A jump over its version, and noise. */
function loader(): Buffer {
  const head = Buffer.from('\xeb\x20>> OpenBSD/amd64 PXEBOOT 3.65\0', 'latin1');
  return Buffer.concat([head, noise('pxeboot', LOADER_BYTES - head.length)]);
}

function tgz(name: string, size: number): Buffer {
  const body = noise(name, size);
  const padding = Buffer.alloc((512 - (size % 512)) % 512);
  const tar = Buffer.concat([
    tarHeader(`./usr/share/rehearsal/${name}`, size),
    body,
    padding,
    Buffer.alloc(1024),
  ]);
  const bytes = gzipSync(tar, { level: 1 });
  // The tenth byte names the system that compressed it; 255 is unknown (RFC 1952).
  bytes[9] = 255;
  return bytes;
}

/** A ustar header: name, mode, ids, size, time, checksum, type. Numbers are octal. */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0${BUILD_DATE.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        0', 148);
  header.write('ustar\x0000root\0', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** Bytes that don't compress, the same for the same seed. */
function noise(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0; made < length; made += 32) {
    blocks.push(createHash('sha256').update(`${seed} ${made}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
