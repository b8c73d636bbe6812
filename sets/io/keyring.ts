import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { errnoOf, messageOf, OperatorError } from '../../src/common/error.ts';
import { keyName, nextRelease, PINNED_RELEASES, pinnedKey } from '../keys.ts';
import { SNAPSHOTS } from '../mirror.ts';
import { versionOf } from '../names.ts';
import { type PublicKey, parsePublicKey, type Signature } from '../signify.ts';
import { searchTar } from '../tar-reader.ts';

/** Where signify(1) keys are looked for, the first that has one wins. */
export interface Keyring {
  /** A key that somebody named: it alone counts. */
  readonly file: string | null;
  /** Directories with files such as openbsd-76-base.pub. */
  readonly directories: readonly string[];
}

export interface FoundKey {
  readonly key: PublicKey;
  /** For people: a path, or that it is built in. */
  readonly from: string;
}

/**
 * The key that a release is signed with: of a directory of the keyring, else the built-in one. Two that differ are
 * a reason to stop and look, not to choose.
 *
 * @throws OperatorError SIGNIFY_KEY without a key, or with two
 */
export async function findKey(release: string, keyring: Keyring): Promise<FoundKey> {
  if (keyring.file !== null) {
    const key = await readKeyFile(keyring.file);
    if (key !== null) return { key, from: keyring.file };
    throw new OperatorError('SIGNIFY_KEY', `there is no ${keyring.file}`);
  }
  const found = await lookUp(release, keyring);
  if (found !== null) return found;
  const places = keyring.directories.map((directory) => join(directory, keyName(versionOf(release))));
  const builtIn = `${PINNED_RELEASES[0]} to ${PINNED_RELEASES.at(-1)}`;
  throw new OperatorError(
    'SIGNIFY_KEY',
    `there is no key for ${release}: built in are those of ${builtIn}, and none lies in ${places.join(' or ')}`,
  );
}

/** As `findKey`, of the directories and the built-in ones; null where nobody has one. @throws SIGNIFY_KEY where two differ */
export async function lookUp(
  release: string,
  { directories }: Pick<Keyring, 'directories'>,
): Promise<FoundKey | null> {
  const found: FoundKey[] = [];
  for (const directory of directories) {
    const from = join(directory, keyName(versionOf(release)));
    const key = await readKeyFile(from);
    if (key !== null) found.push({ key, from });
  }
  const pinned = pinnedKey(release);
  if (pinned !== null) found.push({ key: pinned, from: 'the built-in key' });
  const [first] = found;
  if (first === undefined) return null;
  const other = found.find(({ key }) => !sameKey(key, first.key));
  if (other !== undefined) {
    throw new OperatorError(
      'SIGNIFY_KEY',
      `two keys claim release ${release}: ${first.from} and ${other.from}`,
    );
  }
  return first;
}

/**
 * The key that made a signature: of the release, or for a snapshot, of whichever release it says.
 * @throws OperatorError SIGNIFY_KEY
 */
export async function findSigner(
  release: string,
  { number }: Signature,
  keyring: Keyring,
): Promise<FoundKey> {
  if (release !== SNAPSHOTS || keyring.file !== null) return findKey(release, keyring);
  // The development branch is signed with the key of the release to come, which is made long before.
  const newest = nextRelease(nextRelease(PINNED_RELEASES.at(-1) ?? ''));
  for (const candidate of [...PINNED_RELEASES, nextRelease(PINNED_RELEASES.at(-1) ?? ''), newest].reverse()) {
    const found = await lookUp(candidate, keyring);
    if (found !== null && Buffer.compare(found.key.number, number) === 0) return found;
  }
  throw new OperatorError('SIGNIFY_KEY', `the ${SNAPSHOTS} are signed with a key that is not known here`);
}

/**
 * Learns the next release's key from a base set that has been verified: OpenBSD puts it there one release ahead.
 *
 * @param base path of baseXX.tgz
 * @returns the next release and whether its key is news; null where the set has no such key
 * @throws OperatorError SIGNIFY_KEY when another key for it is known
 */
export async function learnNextKey(
  release: string,
  base: string,
  directory: string,
  keyring: Keyring,
): Promise<{ readonly release: string; readonly news: boolean } | null> {
  const next = nextRelease(release);
  const name = keyName(versionOf(next));
  const bytes = await memberOf(base, `etc/signify/${name}`);
  const key = bytes === null ? null : parsePublicKey(bytes);
  if (bytes === null || key === null) return null;
  const known = await lookUp(next, keyring);
  if (known === null) {
    await keep(directory, name, bytes);
    return { release: next, news: true };
  }
  if (sameKey(known.key, key)) return { release: next, news: false };
  throw new OperatorError(
    'SIGNIFY_KEY',
    `two keys claim release ${next}: ${known.from} and the one in the verified ${base}`,
  );
}

/** @returns null where there is no such file. @throws OperatorError SIGNIFY_KEY for one that is no key */
async function readKeyFile(path: string): Promise<PublicKey | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return null;
    throw new OperatorError('SIGNIFY_KEY', `${path} cannot be read: ${messageOf(error)}`);
  }
  const key = parsePublicKey(bytes);
  if (key === null) throw new OperatorError('SIGNIFY_KEY', `${path} is no public key of signify(1)`);
  return key;
}

/** One small file of a .tgz; reading stops where it has been found. */
async function memberOf(archive: string, path: string): Promise<Uint8Array | null> {
  const search = searchTar(path);
  const source = createReadStream(archive, { highWaterMark: 1 << 20 });
  const plain = source.pipe(createGunzip());
  source.once('error', (error) => plain.destroy(error));
  try {
    for await (const piece of plain) {
      const found = search.push(piece);
      if (found !== null) return found;
    }
    return null;
  } catch (error) {
    // Its sum was right, so it is what was signed: whatever it is, it has no key to offer.
    if (errnoOf(error)?.startsWith('Z_') === true) return null;
    throw error;
  } finally {
    source.destroy();
    plain.destroy();
  }
}

async function keep(directory: string, name: string, bytes: Uint8Array): Promise<void> {
  const path = join(directory, name);
  const draft = `${path}.${process.pid}`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(draft, 0o644);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new OperatorError('SETS_UNWRITABLE', `${path}: ${messageOf(error)}`);
  }
}

const sameKey = (a: PublicKey, b: PublicKey): boolean =>
  Buffer.compare(a.number, b.number) === 0 && Buffer.compare(a.key, b.key) === 0;
