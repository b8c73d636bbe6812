/** One mistake in puffboot.toml. */
export interface Mistake {
  readonly line: number;
  /** `hosts[0].capacity`; empty where the document as a whole is meant. */
  readonly key: string;
  /** What was expected, and what was found. */
  readonly message: string;
}

/** A mistake before its line is known. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** How many there are, then each on a line: `file:line: key: message`. */
export function renderMistakes(file: string, mistakes: readonly Mistake[]): string {
  const lines = mistakes.map(({ line, key, message }) => `${file}:${line}: ${key && `${key}: `}${message}`);
  return [
    `${file} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}`,
    ...lines,
  ].join('\n');
}

/** `['hosts', 0, 'capacity']` as `hosts[0].capacity`. */
export function renderPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = /^[A-Za-z0-9_-]+$/.test(String(key)) ? String(key) : JSON.stringify(String(key));
    return text === '' ? name : `${text}.${name}`;
  }, '');
}
