import { cp, link, lstat, mkdir, open, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, OperatorError } from '../../src/common/error.ts';
import { isSiteSet } from '../mirror.ts';
import { parseEmbedded } from '../signify.ts';
import { parseSums, type SetSum } from '../sums.ts';
import { sizeOf } from './download.ts';

/**
 * What an operator put beside the sets stays: site sets, which index.txt then names, templates and whatever else the
 * release before did not sign.
 * @returns the site sets of this version
 */
export async function keepOwnFiles(
  directory: string,
  draft: string,
  version: string,
): Promise<{ name: string; bytes: number }[]> {
  const signed = parseEmbedded(await readFile(join(directory, 'SHA256.sig')).catch(() => Buffer.alloc(0)));
  const parsed = parseSums(new TextDecoder().decode(signed?.message));
  const listed = new Set('sums' in parsed ? parsed.sums.map(({ name }) => name) : []);
  const own = (await readdir(directory).catch(() => [])).filter(
    (name) => !listed.has(name) && !OURS.has(name),
  );
  const siteSets: { name: string; bytes: number }[] = [];
  for (const name of own.sort()) {
    const to = join(draft, name);
    if (await exists(to)) continue;
    await take(join(directory, name), to);
    if (isSiteSet(name, version)) siteSets.push({ name, bytes: await sizeOf(to) });
  }
  return siteSets;
}

const OURS: ReadonlySet<string> = new Set(['index.txt', 'SHA256.sig']);

/** Leftovers of an earlier run for another list of files. */
export async function dropOthers(draft: string, wanted: readonly SetSum[]): Promise<void> {
  const names = new Set(wanted.map(({ name }) => name));
  for (const name of await readdir(draft)) {
    if (!names.has(name)) await rm(join(draft, name), { recursive: true, force: true });
  }
}

/** The same file under a second name; a copy where the file system has no links. */
export async function take(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  await link(from, to).catch(() => cp(from, to, { recursive: true, preserveTimestamps: true }));
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new OperatorError('SETS_UNWRITABLE', `${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Written to the disk itself, so that it is there after a crash. */
export async function put(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content, { mode: 0o644 });
    const file = await open(path, 'r');
    await file.sync().finally(() => file.close());
  } catch (cause) {
    throw new OperatorError('SETS_UNWRITABLE', `${path}: ${messageOf(cause)}`, { cause });
  }
}

/** A disk that is full to the last block stops more than this. */
const LEAST_FREE = 64 * 1024 ** 2;

/** @throws OperatorError SETS_UNWRITABLE where little is left */
export async function roomFor(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= LEAST_FREE) return;
  throw new OperatorError(
    'SETS_UNWRITABLE',
    `less than ${LEAST_FREE / 1024 ** 2} MB are free in ${directory}`,
  );
}
