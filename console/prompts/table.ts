import { OPENBSD_MARKERS } from './openbsd-markers.ts';
import { OPENBSD_PROMPTS } from './openbsd-prompts.ts';
import type { MarkerRow, PromptRow, Releases } from './row.ts';

/** Every prompt ends in one blank: what does not is seen to be none by its last character. */
const BLANK = 32;

/**
 * The prompt that stands at the end of an open line. A release outside of a row's range still gets that row
 * when no row of its range matches: a release nobody has looked at yet is most likely like its neighbours.
 * @param release null while it is unknown
 */
export function findPrompt(line: string, release: string | null): PromptRow | null {
  if (line.charCodeAt(line.length - 1) !== BLANK) return null;
  let inherited: PromptRow | null = null;
  for (const row of OPENBSD_PROMPTS) {
    if (!row.prompt.test(line)) continue;
    if (release === null || covers(row.releases, release)) return betterOf(inherited, row);
    inherited ??= row;
  }
  return inherited;
}

/** The markers that a completed line carries. */
export function findMarkers(line: string): readonly MarkerRow[] {
  if (!ANY_KEY.test(line)) return [];
  return OPENBSD_MARKERS.filter((row) => line.includes(row.key) && row.line.test(line));
}

export interface SetProgress {
  readonly stage: 'fetch' | 'install';
  readonly file: string;
  readonly percent: number;
}

const PROGRESS = /^(Get\/Verify|Installing|Extracting) +(\S+) +(\d{1,3})% \|/;
const NOT_FOUND = -1;

/** How far a set is, from a line of the installer's progress bar, finished or being drawn. */
export function findProgress(line: string): SetProgress | null {
  if (line.indexOf('% |') === NOT_FOUND) return null;
  const [, verb, file, percent] = PROGRESS.exec(line) ?? [];
  if (verb === undefined || file === undefined || Number(percent) > 100) return null;
  return { stage: verb === 'Get/Verify' ? 'fetch' : 'install', file, percent: Number(percent) };
}

/** The catch-all of the range must not hide the row that names the question for another release. */
function betterOf(inherited: PromptRow | null, row: PromptRow): PromptRow {
  return inherited !== null && row.name === 'question' ? inherited : row;
}

function covers({ from, to }: Releases, release: string): boolean {
  const number = releaseNumber(release);
  return releaseNumber(from) <= number && number <= releaseNumber(to);
}

/** `7.6` is 706, `7.10` would be 710. */
function releaseNumber(release: string): number {
  const [major = '0', minor = '0'] = release.split('.');
  return Number(major) * 100 + Number(minor);
}

/** One expression for all keys, so that a line that says nothing costs one scan. */
const ANY_KEY = new RegExp(
  [...new Set(OPENBSD_MARKERS.map(({ key }) => key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))].join('|'),
);
