/** Releases that a row or a table is known for. */
export interface Range {
  readonly from: string;
  /** Included. */
  readonly to: string;
  /**
   * `seen` on an installer that ran; `read` in its source, its manual, or in what somebody published of its
   * console.
   */
  readonly how: 'seen' | 'read';
}

const NUMBER = String.raw`\d{1,4}\.\d{1,4}`;
const RANGE = new RegExp(`^(seen|read) (${NUMBER})(?:-(${NUMBER}))?$`);

/** `seen 7.3-7.4, read 5.8-7.9`. Null when it is none, or a range ends before it begins. */
export function parseReleases(text: string): readonly Range[] | null {
  const ranges = text.split(',').map((part) => {
    const [, how, from = '', to = from] = RANGE.exec(part.trim()) ?? [];
    if ((how !== 'seen' && how !== 'read') || numberOf(from) > numberOf(to)) return null;
    return { from, to, how } as const;
  });
  return ranges.includes(null) ? null : ranges.filter((range) => range !== null);
}

/** How a release is known, null when it is not. Seeing it counts more than reading of it. */
export function knownAs(ranges: readonly Range[], release: string): 'seen' | 'read' | null {
  const covering = ranges.filter((range) => distance(range, release) === 0);
  return covering.find(({ how }) => how === 'seen')?.how ?? covering[0]?.how ?? null;
}

/** How many releases lie between; 0 where one of the ranges holds it. OpenBSD's minor numbers go from 0 to 9. */
export function distanceTo(ranges: readonly Range[], release: string): number {
  return Math.min(...ranges.map((range) => distance(range, release)));
}

/** The known release that is nearest, the older of two. */
export function nearestTo(ranges: readonly Range[], release: string): string | null {
  const ends = ranges.flatMap(({ from, to }) => [from, to]);
  const near = ends.sort((a, b) => gap(a, release) - gap(b, release) || numberOf(a) - numberOf(b));
  return near[0] ?? null;
}

function distance({ from, to }: Range, release: string): number {
  const number = numberOf(release);
  if (numberOf(from) <= number && number <= numberOf(to)) return 0;
  return Math.max(1, Math.min(gap(from, release), gap(to, release)));
}

function gap(a: string, b: string): number {
  const [[major, minor], [otherMajor, otherMinor]] = [partsOf(a), partsOf(b)];
  return Math.abs((major - otherMajor) * 10 + minor - otherMinor);
}

/** For order alone: `7.10` lies above `7.9`. */
function numberOf(release: string): number {
  const [major, minor] = partsOf(release);
  return major * 10_000 + minor;
}

function partsOf(release: string): readonly [number, number] {
  const [major = '0', minor = '0'] = release.split('.');
  return [Number(major), Number(minor)];
}
