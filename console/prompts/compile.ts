/** From the form in which tables are written to the one in which they are searched. */
import { compilePattern, type Pattern } from './pattern.ts';
import { parseReleases, type Range } from './releases.ts';
import type { MarkerRow, Meaning, PromptRow } from './row.ts';
import type { LineSource, PromptSource, TableSource } from './source.ts';

export interface PromptTable {
  /** Whose releases they are: `OpenBSD`. */
  readonly system: string;
  /** The releases whose console as a whole it is known for. */
  readonly releases: readonly Range[];
  /** In the order in which they are tried. */
  readonly prompts: readonly PromptRow[];
  readonly markers: readonly MarkerRow[];
  readonly promptsByLast: PromptsByLast;
  /** Matches every line that a marker matches, and few others. */
  readonly anyMarker: RegExp;
}

/** The rows that can match a line, by its last character. */
export interface PromptsByLast {
  readonly known: ReadonlyMap<number, Candidates>;
  /** For every other character. */
  readonly other: Candidates;
}

export interface Candidates {
  readonly rows: readonly PromptRow[];
  /** Matches every line that one of the rows matches. */
  readonly any: RegExp;
}

/**
 * @param source checked: see `checkTable` for what is not
 * @param base whose rows come after its own
 */
export function compileTable(source: TableSource, base: PromptTable | null): PromptTable {
  const releases = rangesOf(source.releases);
  const own = (source.prompts ?? []).map((row) => compilePrompt(row, releases, base !== null));
  const ownMarkers = (source.lines ?? []).map((row) => compileLine(row, releases));
  const prompts = [...own, ...(base?.prompts ?? [])];
  const markers = [...ownMarkers, ...(base?.markers ?? [])];
  return {
    system: base?.system ?? source.name,
    releases: [...releases, ...(base?.releases ?? [])],
    prompts,
    markers,
    promptsByLast: byLast(prompts),
    anyMarker: anyOf(markers),
  };
}

function compilePrompt(source: PromptSource, releases: readonly Range[], own: boolean): PromptRow {
  const { name, prompt, tail = 'optional', answer, phase = null } = source;
  const { regex, key, lead, last } = compilePattern(prompt);
  const row = {
    name,
    releases: source.releases === undefined ? releases : rangesOf(source.releases),
    prompt: regex,
    key,
    lead,
    last,
    tail,
    phase,
    own,
  };
  if (typeof answer === 'string') return { ...row, answer };
  if ('text' in answer) return { ...row, answer: 'text', text: answer.text };
  return { ...row, answer: answer.secret === true ? 'password' : 'question', question: answer.question };
}

function compileLine(source: LineSource, releases: readonly Range[]): MarkerRow {
  const { regex, key, lead } = compilePattern(source.line);
  return {
    name: source.name,
    releases: source.releases === undefined ? releases : rangesOf(source.releases),
    key,
    lead,
    line: regex,
    means: meaningOf(source),
  };
}

function meaningOf({ means, phase, afterDone, reason, reboots }: LineSource): Meaning {
  switch (means) {
    case 'phase':
    case 'release':
      if (phase === undefined)
        throw new Error(`a line that means ${means} has no phase: the table is unchecked`);
      if (means === 'release') return { kind: 'release', phase };
      return afterDone === true ? { kind: 'phase', phase, afterDone } : { kind: 'phase', phase };
    case 'installed':
    case 'upgraded':
      return { kind: 'done', outcome: means };
    case 'failed':
      return {
        kind: 'fatal',
        ...(reason === undefined ? {} : { reason }),
        ...(reboots === true ? { reboots } : {}),
      };
    case 'suspect':
      return phase === undefined ? { kind: 'suspect' } : { kind: 'suspect', phase };
    case 'timer':
    case 'automatic':
    case 'gave-up':
      return { kind: means };
  }
}

function rangesOf(text: string): readonly Range[] {
  const ranges = parseReleases(text);
  if (ranges === null) throw new Error(`${text} are no releases: the table is unchecked`);
  return ranges;
}

function byLast(prompts: readonly PromptRow[]): PromptsByLast {
  const lasts = new Set(prompts.flatMap(({ last }) => (last === null ? [] : [last])));
  const candidates = (code: number | null): Candidates => {
    const rows = prompts.filter(({ last }) => last === null || last === code);
    return { rows, any: anyOf(rows) };
  };
  return { known: new Map([...lasts].map((code) => [code, candidates(code)])), other: candidates(null) };
}

/**
 * One expression for many patterns, so that a line which none of them matches costs one scan. How a line begins is
 * looked at once, what it contains at each of its characters.
 */
function anyOf(patterns: readonly Pick<Pattern, 'key' | 'lead'>[]): RegExp {
  const leads = shortest(
    patterns.flatMap(({ lead }) => (lead === '' ? [] : [lead])),
    'startsWith',
  );
  const keys = shortest(
    patterns.flatMap(({ key, lead }) => (lead === '' ? [key] : [])),
    'includes',
  );
  const sources = [
    ...keys.map(quoted),
    ...(leads.length === 0 ? [] : [`^(?:${leads.map(quoted).join('|')})`]),
  ];
  return new RegExp(sources.length === 0 ? '(?!)' : sources.join('|'));
}

/** Without those that another one stands for. */
const shortest = (texts: readonly string[], stands: 'startsWith' | 'includes'): readonly string[] =>
  [...new Set(texts)].filter((text) => !texts.some((other) => other !== text && text[stands](other)));

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
