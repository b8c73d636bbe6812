import type { HostAccess } from '../../host/access.ts';

/**
 * An image in which less than this was ever written holds no system: a kernel alone is many times as large. What
 * vmctl(8) writes into a new image, and the blocks that ffs gives to the end of a sparse file, are less. KiB.
 */
const LEAST_SYSTEM = 1024;

/** qcow2: magic (4) and version (4); behind them the offset of its base image's name (8), 0 without one. */
const WITH_BASE = /^514649fb[0-9a-f]{8}(?!0{16})/;

/**
 * Whether a disk image of a stopped VM holds no system yet, whoever made it: next to nothing of it takes room on the
 * host, and it continues no other image. Where that cannot be seen, the answer is no.
 */
export async function isBlankImage(access: HostAccess, path: string): Promise<boolean> {
  const [used, head] = await Promise.all([
    access.run(['du', '-k', path]),
    access.run(['od', '-A', 'n', '-t', 'x1', '-N', '16', path]),
  ]);
  const kib = /^(\d+)\s/.exec(used.stdout.trimStart())?.[1];
  const bytes = head.stdout.replace(/\s+/g, '');
  if (used.status !== 0 || kib === undefined || head.status !== 0 || bytes.length !== 32) return false;
  return Number(kib) < LEAST_SYSTEM && !WITH_BASE.test(bytes);
}
