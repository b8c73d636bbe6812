import { join } from 'node:path';
import { OperatorError } from '../../src/common/error.ts';
import { indexWith, releaseFault, SNAPSHOTS, versionIn, wantedOf } from '../mirror.ts';
import { setDirectory } from '../names.ts';
import { parseEmbedded, signatureFault } from '../signify.ts';
import { parseSums, type SetSum } from '../sums.ts';
import { download, downloadText, sizeOf } from './download.ts';
import { dropOthers, keepOwnFiles, makeDirectory, put, roomFor, take } from './draft.ts';
import { verifyEd25519 } from './ed25519.ts';
import { type FoundKey, findSigner, type Keyring, learnNextKey } from './keyring.ts';
import type { DownloadParts } from './mirror-request.ts';
import { draftOf, publish } from './publish.ts';
import { digest } from './release.ts';

export interface SyncOrder {
  /** Holds pub/OpenBSD/RELEASE/ARCH. */
  readonly root: string;
  /** `7.6` or `snapshots`. */
  readonly release: string;
  readonly arch: string;
  /** URL of the mirror's pub/OpenBSD, without a slash at its end. */
  readonly mirror: string;
  /** Patterns of sets that are left out. */
  readonly without: readonly string[];
  /** How many files are fetched at a time. */
  readonly parallel: number;
  readonly keyring: Keyring;
  /** Where the next release's key is kept once it is learnt. */
  readonly learnInto: string;
}

export type SyncEvent =
  /** The signature is right; `files` are to be had, of which some may lie here already. */
  | { readonly kind: 'listed'; readonly files: number; readonly key: string }
  | { readonly kind: 'begin'; readonly name: string }
  | {
      readonly kind: 'progress';
      readonly name: string;
      readonly received: number;
      readonly size: number | null;
    }
  /** `fetched`: false for a file that was here already. */
  | { readonly kind: 'done'; readonly name: string; readonly bytes: number; readonly fetched: boolean };

export interface Synced {
  readonly directory: string;
  readonly version: string;
  readonly files: number;
  /** Files that came over the network. */
  readonly fetched: number;
  /** Bytes of all files. */
  readonly size: number;
  /** For people: the key that vouches for the release. */
  readonly key: string;
  /** The release whose key was learnt, or null. */
  readonly learnt: string | null;
}

/**
 * Mirrors a release: SHA256.sig first, believed only with the release's key; then every set, several at a time, gone
 * on with where an earlier run ended, each checked against its signed sum; then all of it is published by one rename.
 * Until then, and after any failure, what was there before is what is served.
 *
 * @throws OperatorError MIRROR_FAILED, SIGNIFY_KEY, SETS_UNWRITABLE
 */
export async function syncRelease(
  order: SyncOrder,
  parts: DownloadParts,
  onEvent: (event: SyncEvent) => void,
): Promise<Synced> {
  const { root, release, arch, mirror } = order;
  const directory = join(root, setDirectory(release, arch));
  const source = `${mirror}/${release}/${arch}`;
  const signed = await downloadText(`${source}/SHA256.sig`, parts);
  if (signed === null)
    throw new OperatorError('MIRROR_FAILED', `${source}/SHA256.sig: the mirror has no such file`);
  const { sums, key } = await believe(signed, order);
  const version = versionIn(sums) ?? '';
  const wanted = wantedOf(sums, order.without);
  onEvent({ kind: 'listed', files: wanted.length, key: key.from });

  const draft = draftOf(directory);
  await makeDirectory(draft);
  await dropOthers(draft, wanted);
  const fetched = await fetchAll({ wanted, draft, directory, source, order, parts, onEvent });
  const index = await downloadText(`${source}/index.txt`, parts);
  const siteSets = await keepOwnFiles(directory, draft, version);
  await put(join(draft, 'index.txt'), indexWith(index?.toString('utf8') ?? '', siteSets));
  // Last, so that a draft without it is known to be unfinished.
  await put(join(draft, 'SHA256.sig'), signed);
  const learnt =
    release === SNAPSHOTS
      ? null
      : await learnNextKey(release, join(draft, `base${version}.tgz`), order.learnInto, order.keyring);
  await publish(directory);
  const sizes = await Promise.all(wanted.map(({ name }) => sizeOf(join(directory, name))));
  const size = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const news = learnt?.news === true ? learnt.release : null;
  return { directory, version, files: wanted.length, fetched, size, key: key.from, learnt: news };
}

/** Nothing of a checksum file counts before its signature was found to be right. */
async function believe(
  bytes: Uint8Array,
  order: SyncOrder,
): Promise<{ sums: readonly SetSum[]; key: FoundKey }> {
  const where = `${order.mirror}/${order.release}/${order.arch}/SHA256.sig`;
  const refuse = (why: string) => new OperatorError('MIRROR_FAILED', `${where} ${why}`);
  const signed = parseEmbedded(bytes);
  if (signed === null) throw refuse('is no embedded signature of signify(1)');
  const key = await findSigner(order.release, signed, order.keyring);
  const wrong = signatureFault(signed, key.key, verifyEd25519);
  if (wrong !== null) throw refuse(`${wrong}: ${key.from} does not vouch for it`);
  const parsed = parseSums(new TextDecoder().decode(signed.message));
  if ('fault' in parsed) throw refuse(`cannot be used: ${parsed.fault}`);
  const fault = releaseFault(order.release, parsed.sums);
  if (fault !== null) throw refuse(fault);
  return { sums: parsed.sums, key };
}

interface FetchParts {
  readonly wanted: readonly SetSum[];
  readonly draft: string;
  readonly directory: string;
  readonly source: string;
  readonly order: SyncOrder;
  readonly parts: DownloadParts;
  readonly onEvent: (event: SyncEvent) => void;
}

/** Several workers take the files one by one; the first failure ends them all. @returns how many were fetched */
async function fetchAll(all: FetchParts): Promise<number> {
  const queue = [...all.wanted];
  const failure = new AbortController();
  const parts = { ...all.parts, signal: AbortSignal.any([all.parts.signal, failure.signal]) };
  let fetched = 0;
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (await fetchOne(next, { ...all, parts })) fetched++;
    }
  };
  const workers = Array.from({ length: all.order.parallel }, () =>
    work().catch((error: unknown) => {
      // What the others then say is only that they were ended.
      if (!failure.signal.aborted) failure.abort(error);
    }),
  );
  await Promise.all(workers);
  if (failure.signal.aborted) throw failure.signal.reason;
  return fetched;
}

/** @returns whether it came over the network */
async function fetchOne({ name, sha256 }: SetSum, all: FetchParts): Promise<boolean> {
  const { draft, directory, source, parts, onEvent } = all;
  const path = join(draft, name);
  const old = join(directory, name);
  if ((await sizeOf(path)) === 0 && (await digest(old)).sha256 === sha256) {
    await take(old, path);
    onEvent({ kind: 'done', name, bytes: await sizeOf(path), fetched: false });
    return false;
  }
  onEvent({ kind: 'begin', name });
  await roomFor(draft);
  const fetched = await download(
    {
      url: `${source}/${name}`,
      path,
      sha256,
      onProgress: (received, size) => onEvent({ kind: 'progress', name, received, size }),
    },
    parts,
  );
  onEvent({ kind: 'done', name, bytes: await sizeOf(path), fetched });
  return fetched;
}
