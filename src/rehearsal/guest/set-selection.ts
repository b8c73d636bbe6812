/** The sets of a release in the order in which they are installed; a site set always comes last. */
export function knownSets(version: string, hostName: string): readonly string[] {
  const tars = ['base', 'comp', 'man', 'game', 'xbase', 'xshare', 'xfont', 'xserv', 'site'];
  return ['bsd', 'bsd.rd', ...tars.map((name) => `${name}${version}.tgz`), `site${version}-${hostName}.tgz`];
}

/** Selected before anybody says so: all but the generic site set. */
export const selectedAtFirst = (sets: readonly string[], version: string): readonly string[] =>
  sets.filter((set) => set !== `site${version}.tgz`);

export type Selection =
  | { readonly kind: 'more'; readonly selected: readonly string[] }
  | { readonly kind: 'done'; readonly selected: readonly string[] }
  | { readonly kind: 'abort' };

/** One answer to `Set name(s)?`: words that add, take away (`-game*`), or end the selection. */
export function selectSets(
  available: readonly string[],
  before: readonly string[],
  answer: string,
): Selection {
  let selected = new Set(before);
  for (const word of answer.split(/\s+/).filter((part) => part !== '')) {
    if (word === 'abort') return { kind: 'abort' };
    if (word === 'done') return { kind: 'done', selected: ordered(available, selected) };
    const name = word.replace(/^[-+]/, '');
    const matching = available.filter((set) => glob(name === 'all' ? '*' : name).test(set));
    selected = word.startsWith('-')
      ? new Set([...selected].filter((set) => !matching.includes(set)))
      : new Set([...selected, ...matching]);
  }
  return { kind: 'more', selected: ordered(available, selected) };
}

const ordered = (available: readonly string[], selected: ReadonlySet<string>): readonly string[] =>
  available.filter((set) => selected.has(set));

/** A ksh(1) pattern as far as set names need it: `*`, `?`, `[...]`. */
function glob(pattern: string): RegExp {
  const source = pattern.replace(/\[([^\]]+)\]|[^[]|\[/g, (part, inner: string | undefined) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (inner !== undefined) return `[${inner.replace(/^!/, '^').replace(/\\/g, '\\\\')}]`;
    return part.replace(/[.+^${}()|\\[\]]/g, '\\$&');
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^$(?=.)/;
  }
}

/** Columns as `show_cols` makes them on an 80 column screen, down first, each 18 wide, behind 4 blanks. */
export function renderColumns(cells: readonly string[], width: number): string {
  const columns = Math.max(1, Math.floor(72 / width));
  const rows = Math.ceil(cells.length / columns);
  const lines = Array.from({ length: rows }, (_, row) =>
    cells
      .filter((_cell, index) => index % rows === row)
      .map((cell) => cell.padEnd(width))
      .join('')
      .trimEnd(),
  );
  return lines.map((line) => `    ${line}\n`).join('');
}

export const renderSelection = (available: readonly string[], selected: readonly string[]): string =>
  renderColumns(
    available.map((set) => `[${selected.includes(set) ? 'X' : ' '}] ${set}`),
    18,
  );
