import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, messageOf } from '../../src/common/error.ts';
import { setDirectory } from '../names.ts';
import { type PublicKey, parseEmbedded, signatureFault } from '../signify.ts';
import { parseSums } from '../sums.ts';
import { verifyEd25519 } from './ed25519.ts';
import { lookUp } from './keyring.ts';

/** What is known of the ramdisk kernel of a release. */
export type RamdiskKernel =
  | {
      readonly kind: 'signed' | 'unsigned';
      readonly file: string;
      readonly sha256: string;
      readonly why: string;
    }
  | { readonly kind: 'missing'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string };

export interface KernelParts {
  /** Holds pub/OpenBSD/RELEASE/ARCH. */
  readonly root: string;
  readonly release: string;
  readonly arch: string;
  /** Where signify(1) keys are looked for, before the built-in ones; null: nothing is verified. */
  readonly keyDirectories: readonly string[] | null;
  /** SHA-256 of a file; read anew each time without it. */
  readonly sumOf?: (file: string) => Promise<string>;
}

/**
 * Verifies the bsd.rd of a release alone, which is quicker than the whole release. Without a key of the release
 * nothing can be verified, and the kernel is `unsigned`; with one, what is not as it was signed is `refused`.
 */
export async function ramdiskKernel(parts: KernelParts): Promise<RamdiskKernel> {
  const directory = join(parts.root, setDirectory(parts.release, parts.arch));
  const file = join(directory, 'bsd.rd');
  try {
    const sha256 = await (parts.sumOf ?? readSum)(file);
    if (parts.keyDirectories === null) {
      return { kind: 'unsigned', file, sha256, why: "its sets are a rehearsal's" };
    }
    const found = await lookUp(parts.release, { directories: parts.keyDirectories });
    if (found === null) {
      return { kind: 'unsigned', file, sha256, why: `nobody here has the key of ${parts.release}` };
    }
    const why = await faultOf(directory, found.key, sha256);
    return why === null ? { kind: 'signed', file, sha256, why: '' } : { kind: 'refused', why };
  } catch (error) {
    const missing = errnoOf(error) === 'ENOENT';
    const why = missing ? `there is no ${file}` : `${file} cannot be verified: ${messageOf(error)}`;
    return { kind: missing ? 'missing' : 'refused', why };
  }
}

/** Why the kernel is not what was signed; null: it is. */
async function faultOf(directory: string, key: PublicKey, sha256: string): Promise<string | null> {
  const file = join(directory, 'SHA256.sig');
  const bytes = await readFile(file).catch(() => null);
  if (bytes === null) return `${file} cannot be read`;
  const signed = parseEmbedded(bytes);
  if (signed === null) return `${file} is no embedded signature of signify(1)`;
  const fault = signatureFault(signed, key, verifyEd25519);
  if (fault !== null) return `${file} ${fault}`;
  const parsed = parseSums(new TextDecoder().decode(signed.message));
  if ('fault' in parsed) return `${file} cannot be used: ${parsed.fault}`;
  const listed = parsed.sums.find(({ name }) => name === 'bsd.rd');
  if (listed === undefined) return `${file} does not list bsd.rd`;
  return listed.sha256 === sha256 ? null : `${join(directory, 'bsd.rd')} is not what was signed`;
}

/** Sums that are read once for each file, and again after it changed; two who ask at once wait for the same one. */
export function rememberedSums(): (file: string) => Promise<string> {
  const known = new Map<string, { readonly stamp: string; readonly sum: Promise<string> }>();
  return async (file) => {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    const stamp = [ino, size, mtimeNs, ctimeNs].join(' ');
    const last = known.get(file);
    if (last?.stamp === stamp) return last.sum;
    const sum = readSum(file);
    known.set(file, { stamp, sum });
    // What could not be read is tried again by the next one.
    sum.catch(() => known.delete(file));
    return sum;
  };
}

async function readSum(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}
