import type { PromptTable } from './compile.ts';
import { OPENBSD_TABLE } from './openbsd.ts';
import { LONGEST_MATCH } from './pattern.ts';
import { distanceTo, knownAs, nearestTo } from './releases.ts';
import type { MarkerRow, PromptRow } from './row.ts';

export type { PromptTable } from './compile.ts';
export { OPENBSD_TABLE } from './openbsd.ts';

const NONE: readonly MarkerRow[] = [];

/**
 * The prompt that stands at the end of an open line: the first row that matches it and is known for the release,
 * else the matching row that is known for the nearest one, because a release nobody has looked at yet is most
 * likely like its neighbours.
 * @param release null while it is unknown
 */
export function findPrompt(
  line: string,
  release: string | null,
  table: PromptTable = OPENBSD_TABLE,
): PromptRow | null {
  const { known, other } = table.promptsByLast;
  const { rows, any } = known.get(line.charCodeAt(line.length - 1)) ?? other;
  if (rows.length === 0) return null;
  const end = line.length > LONGEST_MATCH ? line.slice(-LONGEST_MATCH) : line;
  if (!any.test(end)) return null;
  let inherited: PromptRow | null = null;
  let nearest = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (!end.includes(row.key) || !row.prompt.test(end)) continue;
    const distance = release === null ? 0 : distanceTo(row.releases, release);
    // A row for questions of any kind must not hide the one that names the question for another release.
    if (row.answer === 'unknown' && inherited !== null) break;
    if (distance < nearest) [inherited, nearest] = [row, distance];
    if (distance === 0) break;
  }
  return inherited;
}

/** The markers that a completed line carries, all of them, in the table's order. */
export function findMarkers(line: string, table: PromptTable = OPENBSD_TABLE): readonly MarkerRow[] {
  const start = line.length > LONGEST_MATCH ? line.slice(0, LONGEST_MATCH) : line;
  if (!table.anyMarker.test(start)) return NONE;
  return table.markers.filter((row) => start.includes(row.key) && row.line.test(start));
}

/**
 * That nobody has looked at a release, and whose prompts it is taken to have: a sentence for the operator. Null
 * where the release is known, or has not been named.
 */
export function unverified(release: string | null, table: PromptTable = OPENBSD_TABLE): string | null {
  if (release === null || knownAs(table.releases, release) !== null) return null;
  const nearest = nearestTo(table.releases, release);
  return `unverified: nobody has seen or read the prompts of release ${release}; those of ${nearest} were expected`;
}

export interface SetProgress {
  readonly stage: 'fetch' | 'install';
  readonly file: string;
  readonly percent: number;
}

const PROGRESS = /^(Get\/Verify|Verifying|Installing|Extracting) +(\S+) +(\d{1,3})% \|/;
const NOT_FOUND = -1;

/** How far a set is, from a line of the installer's progress bar, finished or being drawn. */
export function findProgress(line: string): SetProgress | null {
  if (line.indexOf('% |') === NOT_FOUND) return null;
  const [, verb, file, percent] = PROGRESS.exec(line) ?? [];
  if (verb === undefined || file === undefined || Number(percent) > 100) return null;
  const fetching = verb === 'Get/Verify' || verb === 'Verifying';
  return { stage: fetching ? 'fetch' : 'install', file, percent: Number(percent) };
}
