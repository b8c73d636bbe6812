import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { errnoOf, messageOf, OperatorError } from '../../src/common/error.ts';
import { type SiteDefaults, withDefaults } from '../site-defaults.ts';
import { renderTar, type TarEntry } from '../ustar.ts';

/** 2000-01-01 00:00:00 UTC. Any moment would do, as long as it is always the same. */
const BUILD_TIME = 946_684_800;

export interface SiteSet {
  readonly bytes: Uint8Array;
  /** Files, links and empty directories in it. */
  readonly entries: number;
}

/**
 * A site set (install.site(5)) of the house defaults and everything in a directory: owned by root, writable by nobody else, at one
 * fixed time, in the order of the names. The same input gives the same bytes.
 *
 * A directory is written only when it is empty: tar(1) makes the others as it needs them, and would otherwise
 * give /root, /tmp and their like the modes that a copy of the directory happens to have.
 *
 * @param directory null: the defaults are all there is
 * @param defaults what install.site does besides; null: nothing
 * @throws OperatorError SITE_REFUSED for a directory that cannot be read, is empty, or holds something that
 *         an installer could not unpack or run
 */
export async function buildSiteSet(
  directory: string | null,
  defaults: SiteDefaults | null,
): Promise<SiteSet> {
  const own = directory === null ? [] : await entriesOf(directory);
  const entries = defaults === null ? own : added(own, defaults);
  if (entries.length === 0) throw new OperatorError('SITE_REFUSED', `there is nothing in ${directory}`);
  const tar = renderTar(entries, BUILD_TIME);
  if ('fault' in tar) throw new OperatorError('SITE_REFUSED', `${directory ?? ''}/${tar.path}: ${tar.fault}`);
  const bytes = gzipSync(tar.bytes, { level: 9 });
  // The tenth byte names the system that compressed it; 255 is unknown (RFC 1952).
  bytes[9] = 255;
  return { bytes, entries: entries.length };
}

function added(own: readonly TarEntry[], defaults: SiteDefaults): readonly TarEntry[] {
  const all = withDefaults(own, defaults);
  if ('fault' in all) throw new OperatorError('SITE_REFUSED', all.fault);
  return all.entries;
}

async function entriesOf(directory: string): Promise<readonly TarEntry[]> {
  try {
    return await walk(Buffer.from(directory), Buffer.alloc(0));
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    throw new OperatorError('SITE_REFUSED', `the directory cannot be read: ${messageOf(error)}`);
  }
}

/** Names are bytes, because that is what a file system and an archive have. */
async function walk(root: Buffer, below: Buffer): Promise<readonly TarEntry[]> {
  const entries: TarEntry[] = [];
  for (const name of await readdir(join(root, below), { encoding: 'buffer' })) {
    const path = below.length === 0 ? name : join(below, name);
    entries.push(...(await entryOf(root, path)));
  }
  return entries;
}

async function entryOf(root: Buffer, path: Buffer): Promise<readonly TarEntry[]> {
  const place = join(root, path);
  const facts = await lstat(place);
  // Whoever had the copy may have had another umask; nobody but root is to change what is installed.
  const mode = facts.mode & 0o755;
  if (facts.isSymbolicLink()) {
    const target = await readlink(place, { encoding: 'buffer' });
    return [{ path, mode: 0o777, content: { kind: 'link', target } }];
  }
  if (facts.isFile()) {
    if (/^(install|upgrade)\.site$/.test(path.toString()) && (mode & 0o100) === 0) {
      throw new OperatorError('SITE_REFUSED', `${place} is not executable: the installer could not run it`);
    }
    return [{ path, mode, content: { kind: 'file', bytes: await readFile(place) } }];
  }
  if (!facts.isDirectory()) {
    throw new OperatorError('SITE_REFUSED', `${place} is neither file, link nor directory`);
  }
  const within = await walk(root, path);
  return within.length > 0 ? within : [{ path, mode, content: { kind: 'directory' } }];
}

const join = (a: Buffer, b: Buffer): Buffer => Buffer.concat([a, Buffer.from('/'), b]);
