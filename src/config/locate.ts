/** Finds the line of a key path; the root's is 1. A path that is not there has the line of its table. */
export type Locate = (path: readonly PropertyKey[]) => number;

/**
 * Where every key of a TOML document stands. The text must be valid TOML (the parser has accepted it):
 * this scanner follows the structure and checks nothing.
 */
export function locate(text: string): Locate {
  const lines = new Map<string, number>();
  scan(text, (path, offset) => {
    for (let length = 1; length <= path.length; length++) {
      const key = keyOf(path.slice(0, length));
      if (!lines.has(key)) lines.set(key, lineAt(text, offset));
    }
  });
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(keyOf(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
}

type Path = readonly (string | number)[];
type Found = (path: Path, offset: number) => void;

const keyOf = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String));

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function scan(text: string, found: Found): void {
  const lengths = new Map<string, number>();
  let table: Path = [];
  let at = skipBlank(text, 0);
  while (at < text.length) {
    if (text[at] === '[') {
      const many = text.startsWith('[[', at);
      const { keys, end } = readKeys(text, at + (many ? 2 : 1));
      table = resolveTable(keys, many, lengths);
      found(table, at);
      at = end + (many ? 2 : 1);
    } else {
      at = readPair(text, at, table, found);
    }
    at = skipBlank(text, at);
  }
}

/** A header's keys lead through the newest table of every `[[list]]` on the way; `[[...]]` adds one. */
function resolveTable(keys: readonly string[], many: boolean, lengths: Map<string, number>): Path {
  let path: Path = [];
  for (const [index, key] of keys.entries()) {
    path = [...path, key];
    const name = keyOf(path);
    if (many && index === keys.length - 1) lengths.set(name, (lengths.get(name) ?? 0) + 1);
    const length = lengths.get(name);
    if (length !== undefined) path = [...path, length - 1];
  }
  return path;
}

function readPair(text: string, at: number, table: Path, found: Found): number {
  const { keys, end } = readKeys(text, at);
  const path = [...table, ...keys];
  found(path, at);
  return readValue(text, skipBlank(text, end + 1), path, found);
}

/** @returns the offset behind the value */
function readValue(text: string, at: number, path: Path, found: Found): number {
  const first = text[at];
  if (first === '"' || first === "'") return endOfString(text, at);
  if (first === '[')
    return readItems(text, at, ']', (item, index) => readItem(text, item, [...path, index], found));
  if (first === '{') return readItems(text, at, '}', (item) => readPair(text, item, path, found));
  while (at < text.length && !/[,\]}#\r\n]/.test(text.charAt(at))) at++;
  return at;
}

function readItem(text: string, at: number, path: Path, found: Found): number {
  found(path, at);
  return readValue(text, at, path, found);
}

/** The items of an array or inline table; `at` is its opening bracket. */
function readItems(
  text: string,
  at: number,
  close: string,
  read: (at: number, index: number) => number,
): number {
  at = skipBlank(text, at + 1);
  for (let index = 0; at < text.length && text[at] !== close; index++) {
    at = skipBlank(text, read(at, index));
    if (text[at] === ',') at = skipBlank(text, at + 1);
  }
  return at + 1;
}

/** A dotted key, bare or quoted. `end` is the offset of the `=` or `]` behind it. */
function readKeys(text: string, at: number): { readonly keys: readonly string[]; readonly end: number } {
  const keys: string[] = [];
  at = skipBlank(text, at);
  while (at < text.length && text[at] !== '=' && text[at] !== ']') {
    const start = at;
    const quoted = text[at] === '"' || text[at] === "'";
    if (quoted) at = endOfString(text, at);
    else while (at < text.length && !/[\s.=\]]/.test(text.charAt(at))) at++;
    keys.push(quoted ? unquote(text.slice(start, at)) : text.slice(start, at));
    at = skipBlank(text, at);
    if (text[at] === '.') at = skipBlank(text, at + 1);
  }
  return { keys, end: at };
}

/** TOML's escapes in keys are JSON's and a few more; a key with one of those is found by its table's line. */
function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

function endOfString(text: string, at: number): number {
  const quote = text.charAt(at);
  const long = text.startsWith(quote.repeat(3), at);
  const close = long ? quote.repeat(3) : quote;
  at += close.length;
  while (at < text.length && !text.startsWith(close, at)) at += quote === '"' && text[at] === '\\' ? 2 : 1;
  at += close.length;
  // Up to two more quotes may stand in front of the closing three.
  while (long && text[at] === quote) at++;
  return at;
}

/** White space, line ends and comments. */
function skipBlank(text: string, at: number): number {
  for (;;) {
    while (at < text.length && /\s/.test(text.charAt(at))) at++;
    if (text[at] !== '#') return at;
    while (at < text.length && text[at] !== '\n') at++;
  }
}
