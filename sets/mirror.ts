/** What a mirror holds of a release, and what of it is worth having. */
import { versionOf } from './names.ts';
import type { SetSum } from './sums.ts';

/** A release, `7.6`, or the development branch. */
export const SNAPSHOTS = 'snapshots';

/** Images of whole installers: nothing that a netbooted or vmd(8) guest ever asks for. */
const IMAGE = /\.(iso|img|fs)$/;

/**
 * The version in the names of the sets, `76`. A snapshot's directory does not say which one it is, but its base
 * set does. @returns null where there is no base set
 */
export function versionIn(sums: readonly Pick<SetSum, 'name'>[]): string | null {
  for (const { name } of sums) {
    const version = /^base(\d{2,3})\.tgz$/.exec(name)?.[1];
    if (version !== undefined) return version;
  }
  return null;
}

/** Without these no machine can be installed. */
export const neededOf = (version: string): readonly string[] => ['bsd', 'bsd.rd', `base${version}.tgz`];

/**
 * The files to mirror, in the order of the checksum file.
 * @param without patterns of sets that are left out: `x*`, `game76.tgz`; a needed one stays
 */
export function wantedOf(sums: readonly SetSum[], without: readonly string[]): readonly SetSum[] {
  const needed = new Set(neededOf(versionIn(sums) ?? ''));
  const leftOut = without.map(patternOf);
  return sums.filter(
    ({ name }) => needed.has(name) || (!IMAGE.test(name) && !leftOut.some((pattern) => pattern.test(name))),
  );
}

/** Why a checksum file is not that of this release, in words that complete `SHA256.sig ...`; null: it is. */
export function releaseFault(release: string, sums: readonly SetSum[]): string | null {
  const version = versionIn(sums);
  if (version === null) return 'lists no base set';
  if (release !== SNAPSHOTS && version !== versionOf(release)) {
    return `is that of another release: it lists base${version}.tgz`;
  }
  const missing = neededOf(version).find((name) => !sums.some((sum) => sum.name === name));
  return missing === undefined ? null : `does not list ${missing}`;
}

/** One line of index.txt, as `ls -lT` writes it and the installer reads it: its last word is a file's name. */
export function indexLine(name: string, bytes: number): string {
  return `-rw-r--r--  1 0  0  ${bytes} Jan  1 00:00:00 2000 ${name}`;
}

/** A site set of this version, for everybody or for one host. */
export const isSiteSet = (name: string, version: string): boolean =>
  name.startsWith(`site${version}`) && /^site\d+(-[A-Za-z0-9-]+)?\.tgz$/.test(name);

/** index.txt with the site sets of this place, which no mirror knows. */
export function indexWith(index: string, siteSets: readonly { name: string; bytes: number }[]): string {
  const known = new Set(index.split('\n').map((line) => line.split(' ').at(-1)));
  const lines = siteSets
    .filter(({ name }) => !known.has(name))
    .map(({ name, bytes }) => indexLine(name, bytes));
  const head = index === '' || index.endsWith('\n') ? index : `${index}\n`;
  return head + lines.map((line) => `${line}\n`).join('');
}

/** `*` stands for anything, everything else for itself. */
function patternOf(glob: string): RegExp {
  return new RegExp(`^${glob.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '.*')}$`);
}
