import { setNames, versionOf } from './names.ts';
import type { SetSum } from './sums.ts';

/** Something that is wrong with the sets of a release. */
export interface SetFinding {
  readonly file: string;
  readonly kind: FindingKind;
  /** Completes the file's name to a sentence. */
  readonly text: string;
}

export type FindingKind =
  | 'missing'
  | 'truncated'
  | 'wrong-sum'
  | 'bad-signature'
  | 'malformed'
  | 'not-listed'
  | 'not-indexed'
  | 'unreadable';

/** What was found of a file in the directory. */
export interface ObservedFile {
  readonly name: string;
  readonly size: number;
  /** Null where it could not be read to its end. */
  readonly sha256: string | null;
}

export interface Observed {
  /** Of the files that SHA256.sig lists, those that are there. */
  readonly files: readonly ObservedFile[];
  /** Names of the site sets that are there. */
  readonly siteSets: readonly string[];
  /** index.txt; null: it is not there. */
  readonly index: string | null;
}

/** Without these no VM can be installed; any other set may be left out by choice. */
export function neededFiles(release: string): readonly string[] {
  return ['bsd', 'bsd.rd', `base${versionOf(release)}.tgz`];
}

/**
 * What an installer would stumble over.
 * @param sums what SHA256.sig says, its signature verified
 */
export function findingsOf(
  release: string,
  sums: readonly SetSum[],
  { files, siteSets, index }: Observed,
): readonly SetFinding[] {
  const listed = new Map(sums.map(({ name, sha256 }) => [name, sha256]));
  const there = new Set(files.map(({ name }) => name));
  const sizes = indexSizes(index ?? '');
  return [
    ...(index === null ? [finding('index.txt', 'missing', 'is not there')] : []),
    ...neededFiles(release).flatMap((name) => {
      if (!listed.has(name)) return [finding(name, 'not-listed', 'is not in SHA256.sig')];
      return there.has(name) ? [] : [finding(name, 'missing', 'is not there')];
    }),
    ...files.flatMap((file) => fileFindings(file, listed.get(file.name) ?? '', sizes.get(file.name))),
    ...siteSets
      .filter((name) => index !== null && !sizes.has(name))
      .map((name) => finding(name, 'not-indexed', 'is not in index.txt, so that no installer sees it')),
  ];
}

const finding = (file: string, kind: FindingKind, text: string): SetFinding => ({ file, kind, text });

function fileFindings(
  { name, size, sha256 }: ObservedFile,
  expected: string,
  wholeSize: number | undefined,
): readonly SetFinding[] {
  if (sha256 === null) return [finding(name, 'unreadable', 'cannot be read to its end')];
  if (sha256 === expected) return [];
  const whole = wholeSize === undefined ? '' : ` of ${wholeSize}`;
  if (size === 0 || (wholeSize !== undefined && size < wholeSize)) {
    return [finding(name, 'truncated', `is cut short: ${size}${whole} bytes`)];
  }
  const [found, wanted] = [sha256, expected].map((sum) => `${sum.slice(0, 16)}...`);
  return [finding(name, 'wrong-sum', `is not what was signed: SHA256 ${found} instead of ${wanted}`)];
}

/** index.txt is `ls -lT`: `-rw-r--r--  1 1001  0  4721152 Oct  1 12:00:00 2024 bsd.rd`. */
function indexSizes(text: string): ReadonlyMap<string, number> {
  const entries = text.split('\n').flatMap((line): [string, number][] => {
    const [, size = '', name = ''] =
      /^-\S+\s+\d+\s+\S+\s+\S+\s+(\d+)\s.* ([A-Za-z][A-Za-z0-9._-]*)$/.exec(line) ?? [];
    return name === '' ? [] : [[name, Number(size)]];
  });
  return new Map(entries);
}

/** The order in which sets are told: the installer's, then everything else by name. */
export function bySetOrder(release: string): (a: string, b: string) => number {
  const order = setNames(release);
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return (a, b) => place(a) - place(b) || (a < b ? -1 : Number(a > b));
}
