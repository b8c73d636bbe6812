import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, messageOf, OperatorError } from '../../src/common/error.ts';
import { bySetOrder, findingsOf, type ObservedFile, type SetFinding } from '../finding.ts';
import { isSiteSet, SNAPSHOTS, versionIn } from '../mirror.ts';
import { releaseOf, setDirectory, setNames, versionOf } from '../names.ts';
import { type PublicKey, parseEmbedded, signatureFault } from '../signify.ts';
import { parseSums } from '../sums.ts';
import { verifyEd25519 } from './ed25519.ts';
import { type FoundKey, findKey, findSigner, type Keyring } from './keyring.ts';

/** What became of verifying a release. */
export interface Verified {
  readonly directory: string;
  /** Names of the files that are as they were signed, in the installer's order. */
  readonly whole: readonly string[];
  /** Bytes of those. */
  readonly size: number;
  readonly findings: readonly SetFinding[];
}

export interface ReleaseParts {
  /** Holds pub/OpenBSD/RELEASE/ARCH. */
  readonly root: string;
  readonly release: string;
  readonly arch: string;
}

/**
 * Verifies the sets of a release as an installer would: the signature of SHA256.sig, then every file that it
 * lists and that is there. Nothing is believed of a SHA256.sig whose signature is wrong.
 *
 * @throws OperatorError SETS_MISSING without a directory
 */
export async function verifyRelease(parts: ReleaseParts, key: PublicKey): Promise<Verified> {
  const { root, release, arch } = parts;
  const directory = join(root, setDirectory(release, arch));
  const names = await filesOf(directory);
  if (names === null) throw new OperatorError('SETS_MISSING', `there is no directory ${directory}`);
  const stop = (kind: SetFinding['kind'], text: string): Verified => {
    return { directory, whole: [], size: 0, findings: [{ file: 'SHA256.sig', kind, text }] };
  };
  if (!names.includes('SHA256.sig')) return stop('missing', 'is not there');
  const signed = parseEmbedded(await readFile(join(directory, 'SHA256.sig')));
  if (signed === null) return stop('malformed', 'is no embedded signature of signify(1)');
  const fault = signatureFault(signed, key, verifyEd25519);
  if (fault !== null) return stop('bad-signature', fault);
  const parsed = parseSums(new TextDecoder().decode(signed.message));
  if ('fault' in parsed) return stop('malformed', `cannot be used: ${parsed.fault}`);

  const { sums } = parsed;
  const version = versionIn(sums) ?? versionOf(release);
  const named = releaseOf(version);
  const present = sums.map(({ name }) => name).filter((name) => names.includes(name));
  const files = await observe(directory, present.sort(bySetOrder(named)));
  const findings = findingsOf(release === SNAPSHOTS ? named : release, sums, {
    files,
    siteSets: names.filter((name) => isSiteSet(name, version)),
    index: names.includes('index.txt') ? await readFile(join(directory, 'index.txt'), 'utf8') : null,
  });
  const whole = files.filter(({ name }) => !findings.some(({ file }) => file === name));
  return { directory, whole: whole.map(({ name }) => name), size: sizeOf(whole), findings };
}

/**
 * The key with which the release that lies here is to be verified.
 * @throws OperatorError SIGNIFY_KEY, SETS_MISSING
 */
export async function findReleaseKey(
  { root, release, arch }: ReleaseParts,
  keyring: Keyring,
): Promise<FoundKey> {
  if (release !== SNAPSHOTS) return findKey(release, keyring);
  const path = join(root, setDirectory(release, arch), 'SHA256.sig');
  const signed = parseEmbedded(await readFile(path).catch(() => Buffer.alloc(0)));
  if (signed === null) throw new OperatorError('SETS_MISSING', `there is no signature in ${path}`);
  return findSigner(release, signed, keyring);
}

/** What a release's directory holds, without a look into its files. */
export interface ListedRelease {
  readonly release: string;
  readonly arch: string;
  /** Install sets and kernels that are there, of how many that the release has. */
  readonly sets: number;
  readonly ofSets: number;
  /** Bytes of all files. */
  readonly size: number;
  readonly signed: boolean;
}

/** Every release below the sets directory, oldest first; none where there is no such directory. */
export async function listReleases(root: string): Promise<readonly ListedRelease[]> {
  const top = join(root, 'pub/OpenBSD');
  const rows: ListedRelease[] = [];
  for (const release of ((await filesOf(top)) ?? []).filter(isRelease)) {
    // What begins with a dot is being made, or was left.
    for (const arch of ((await filesOf(join(top, release))) ?? []).filter(isArch).sort()) {
      const row = await listRelease(join(top, release, arch), release, arch);
      if (row !== null) rows.push(row);
    }
  }
  return rows.sort((a, b) => age(a.release) - age(b.release));
}

const isRelease = (name: string): boolean => /^\d{1,2}\.\d$/.test(name) || name === SNAPSHOTS;
const isArch = (name: string): boolean => /^[a-z0-9]{1,16}$/.test(name);
/** Snapshots are newer than any release. */
const age = (release: string): number => (release === SNAPSHOTS ? 1000 : Number(release));

async function listRelease(directory: string, release: string, arch: string): Promise<ListedRelease | null> {
  const names = await filesOf(directory);
  if (names === null) return null;
  const facts = await Promise.all(names.map((name) => stat(join(directory, name)).catch(() => null)));
  const size = facts.reduce((sum, file) => sum + (file?.isFile() ? file.size : 0), 0);
  const version = versionIn(names.map((name) => ({ name })));
  const sets = setNames(release === SNAPSHOTS && version !== null ? releaseOf(version) : release);
  return {
    release,
    arch,
    sets: sets.filter((name) => names.includes(name)).length,
    ofSets: sets.length,
    size,
    signed: names.includes('SHA256.sig'),
  };
}

/** Null where there is no such directory. */
async function filesOf(directory: string): Promise<string[] | null> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return null;
    throw new OperatorError('SETS_MISSING', `${directory} cannot be read: ${messageOf(error)}`);
  }
}

/** One after another: sets are large, and a disk reads one file faster than many. */
async function observe(directory: string, names: readonly string[]): Promise<readonly ObservedFile[]> {
  const files: ObservedFile[] = [];
  for (const name of names) files.push({ name, ...(await digest(join(directory, name))) });
  return files;
}

export async function digest(
  path: string,
): Promise<{ readonly size: number; readonly sha256: string | null }> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch {
    return { size, sha256: null };
  }
  return { size, sha256: hash.digest('hex') };
}

const sizeOf = (files: readonly ObservedFile[]): number => files.reduce((sum, { size }) => sum + size, 0);
