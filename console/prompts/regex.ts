/**
 * Reads the regular expressions of prompt tables, far enough to say what they cost and which text they need. The
 * syntax is ECMAScript's without flags, look-behind and back references.
 */

/** One piece of a sequence and how often it may stand there. */
export interface Piece {
  readonly atom: Atom;
  readonly min: number;
  /** Infinite for `*` and `+`. */
  readonly max: number;
}

export type Atom =
  | { readonly kind: 'char'; readonly code: number }
  /** One of several characters: `.`, `[...]`, `\d`. */
  | { readonly kind: 'set' }
  | { readonly kind: 'start' | 'end' | 'boundary' }
  | { readonly kind: 'group' | 'ahead'; readonly branches: readonly Sequence[] };

export type Sequence = readonly Piece[];

/**
 * @returns the alternatives of a pattern
 * @throws SyntaxError what is wrong with it, in words for its author
 */
export function readRegex(source: string): readonly Sequence[] {
  // The engine's own check comes first, so what follows only has to tell apart what is known to be well formed.
  new RegExp(source);
  const reader = new Reader(source);
  return reader.branches();
}

const NO_CHAR = /[dDsSwWpP]/;
const NAMED_CHARS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Up to the end, or to the `)` of the group. */
  branches(): Sequence[] {
    const all: Sequence[] = [];
    do {
      all.push(this.#sequence());
    } while (this.#skip('|'));
    return all;
  }

  #sequence(): Sequence {
    const pieces: Piece[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#peek())) {
      const atom = this.#atom();
      pieces.push({ atom, ...this.#quantity() });
    }
    return pieces;
  }

  #atom(): Atom {
    const char = this.#take();
    if (char === '^') return { kind: 'start' };
    if (char === '$') return { kind: 'end' };
    if (char === '.') return { kind: 'set' };
    if (char === '[') return this.#class();
    if (char === '(') return this.#group();
    if (char === '\\') return this.#escape();
    return { kind: 'char', code: char.charCodeAt(0) };
  }

  #class(): Atom {
    for (let char = this.#take(); char !== ']'; char = this.#take()) {
      if (char === '\\') this.#take();
    }
    return { kind: 'set' };
  }

  #group(): Atom {
    if (this.#skip('?<')) throw new SyntaxError('named groups and look-behind are not supported');
    const ahead = this.#skip('?=') || this.#skip('?!');
    if (!ahead) this.#skip('?:');
    const branches = this.branches();
    this.#skip(')');
    return { kind: ahead ? 'ahead' : 'group', branches };
  }

  #escape(): Atom {
    const char = this.#take();
    if (/[1-9k]/.test(char)) throw new SyntaxError('back references are not supported');
    if (/[cxu]/.test(char)) throw new SyntaxError(`\\${char} is not supported: write the character itself`);
    if (/[bB]/.test(char)) return { kind: 'boundary' };
    if (NO_CHAR.test(char)) return { kind: 'set' };
    return { kind: 'char', code: NAMED_CHARS[char] ?? char.charCodeAt(0) };
  }

  #quantity(): { readonly min: number; readonly max: number } {
    const range = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.#source.slice(this.#at));
    if (range === null) return { min: 1, max: 1 };
    const [text, sign, from = '', comma, to = ''] = range;
    this.#at += text.length;
    if (sign !== undefined) return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity };
    if (comma === '') return { min: Number(from), max: Number(from) };
    return { min: Number(from), max: to === '' ? Infinity : Number(to) };
  }

  #peek(): string {
    return this.#source.charAt(this.#at);
  }

  #take(): string {
    this.#at += 1;
    return this.#source.charAt(this.#at - 1);
  }

  #skip(text: string): boolean {
    const found = this.#source.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }
}
