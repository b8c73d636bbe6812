/** vm.conf(5) word by word, with lines as vmd's parser counts them. */
export class Reader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  get ended(): boolean {
    return this.#next >= this.#tokens.length;
  }

  get line(): number {
    return this.#tokens[this.#next]?.line ?? this.#tokens.at(-1)?.line ?? 1;
  }

  /** Takes `word` if it is next and isn't quoted. */
  accept(word: string): boolean {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.quoted || token.text !== word) return false;
    this.#next += 1;
    return true;
  }

  expect(word: string): void {
    if (!this.accept(word)) throw this.error('syntax error');
  }

  string(): string {
    const token = this.#tokens[this.#next];
    const isString = token !== undefined && (token.quoted || !/^[\n{},"]$/.test(token.text));
    if (!isString) throw this.error('syntax error');
    this.#next += 1;
    return token.text;
  }

  /** Takes the next word where it is none of the quoted ones and has this form. */
  acceptWord(form: RegExp): boolean {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.quoted || !form.test(token.text)) return false;
    this.#next += 1;
    return true;
  }

  /** Passes over what is left of an option: to the end of its line, or of its own block. @returns its words */
  skipOption(): string {
    const words: string[] = [];
    let depth = 0;
    for (let token = this.#tokens[this.#next]; token !== undefined; token = this.#tokens[this.#next]) {
      const sign = token.quoted ? '' : token.text;
      if (depth === 0 && (sign === '\n' || sign === '}')) break;
      if (sign === '{') depth += 1;
      if (sign === '}') depth -= 1;
      words.push(token.quoted ? `"${token.text}"` : token.text);
      this.#next += 1;
    }
    return words.join(' ').replace(/\s+/g, ' ');
  }

  /** Passes over what is left of a statement at the top of the file, with its block. */
  skipStatement(): void {
    this.skipOption();
    // A brace that nobody opened: the rest of a block that was not understood.
    if (this.accept('}')) this.skipOption();
    const before = this.#next;
    this.skipNewlines();
    if (this.accept('{')) {
      let depth = 1;
      while (depth > 0 && !this.ended) {
        if (this.accept('{')) depth += 1;
        else if (this.accept('}')) depth -= 1;
        else this.#next += 1;
      }
    } else this.#next = before;
  }

  skipNewlines(): void {
    while (this.accept('\n'));
  }

  endStatement(): void {
    if (!this.ended && !this.accept('\n')) throw this.error('syntax error');
  }

  error(message: string): ConfError {
    return new ConfError(this.line, message);
  }
}

/** What vmd's parser complains about, and where. */
export class ConfError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** `quoted` strings are never keywords. */
interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly line: number;
}

const TOKEN = /\\\n|[ \t\r]+|#[^\n]*|"((?:\\.|[^"\\\n])*)"|\n|[{},]|[^\s{},"#]+|./gy;

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const [raw, quoted] of text.matchAll(TOKEN)) {
    if (raw === '\\\n') line += 1;
    else if (quoted !== undefined) tokens.push({ text: quoted, quoted: true, line });
    else if (!/^([ \t\r]|#)/.test(raw)) tokens.push({ text: raw, quoted: false, line });
    if (raw === '\n') line += 1;
  }
  return tokens;
}
