/** What a pattern of a prompt table costs, and by which text candidates for it are found without running it. */
import { type Atom, type Piece, readRegex, type Sequence } from './regex.ts';

/** Only so much of a line is matched: the end of an open one, the beginning of a completed one. Characters. */
export const LONGEST_MATCH = 256;
/**
 * Most ways through a pattern on one line: an unlimited repetition has as many as the line has characters, and so
 * has a pattern that may begin anywhere. The worst that is allowed takes some 40 ms, on a line made for it.
 */
const MOST_WAYS = LONGEST_MATCH ** 3 * 8;
const LONGEST_PATTERN = 400;

export interface Pattern {
  readonly regex: RegExp;
  /** The longest text that every match contains; empty where there is none. */
  readonly key: string;
  /** The text with which every line begins that matches; empty where there is none. */
  readonly lead: string;
  /** The last character of every match that reaches the line's end; null where it varies. */
  readonly last: number | null;
  /** Every match ends where the line does. */
  readonly reachesEnd: boolean;
}

/**
 * @throws SyntaxError a pattern that is none, or that a line could make run for long: an unlimited repetition or
 *         a choice within a repetition, or too many repetitions in a row
 */
export function compilePattern(source: string): Pattern {
  if (source.length > LONGEST_PATTERN) {
    throw new SyntaxError(`it is longer than ${LONGEST_PATTERN} characters`);
  }
  const branches = readRegex(source);
  const ways = waysThrough(branches) * (branches.every(startsAtStart) ? 1 : LONGEST_MATCH);
  if (ways > MOST_WAYS) {
    throw new SyntaxError('it repeats too much: leave out a * or a +, or begin it with ^');
  }
  const [only = [], ...others] = branches;
  const simple = others.length === 0;
  return {
    regex: new RegExp(source),
    key: simple ? keyOf(only) : '',
    lead: simple ? leadOf(only) : '',
    last: simple ? lastOf(only) : null,
    reachesEnd: branches.every((branch) => branch.at(-1)?.atom.kind === 'end'),
  };
}

function waysThrough(branches: readonly Sequence[]): number {
  return branches.reduce((sum, pieces) => sum + pieces.reduce((ways, piece) => ways * waysOf(piece), 1), 0);
}

function waysOf({ atom, min, max }: Piece): number {
  const inside = 'branches' in atom ? waysThrough(atom.branches) : 1;
  if (max <= 1) return inside + (1 - min);
  if (inside > 1) throw new SyntaxError('it repeats what is itself a repetition or a choice');
  return Math.min(max, LONGEST_MATCH) - Math.min(min, LONGEST_MATCH) + 1;
}

const startsAtStart = ([first]: Sequence): boolean => first?.atom.kind === 'start';

function keyOf(pieces: Sequence): string {
  let [key, run] = ['', ''];
  for (const { atom, min, max } of pieces) {
    if (atom.kind === 'char' && min > 0) run += String.fromCharCode(atom.code);
    if (run.length > key.length) key = run;
    if (atom.kind !== 'char' || max > 1 || min === 0) run = '';
  }
  return key;
}

function leadOf([first, ...pieces]: Sequence): string {
  if (first?.atom.kind !== 'start') return '';
  let lead = '';
  for (const { atom, min, max } of pieces) {
    if (atom.kind !== 'char' || min !== 1 || max !== 1) break;
    lead += String.fromCharCode(atom.code);
  }
  return lead;
}

function lastOf(pieces: Sequence): number | null {
  const end = pieces.at(-1)?.atom.kind === 'end' ? pieces.slice(0, -1) : pieces;
  return lastCharOf(end);
}

/** What may be left out at the end counts when it ends in the same character as what stands before it. */
function lastCharOf(pieces: Sequence): number | null {
  const piece = pieces.at(-1);
  if (piece === undefined) return null;
  const own = lastOfAtom(piece.atom);
  if (own === null || piece.min > 0) return own;
  return lastCharOf(pieces.slice(0, -1)) === own ? own : null;
}

function lastOfAtom(atom: Atom): number | null {
  if (atom.kind === 'char') return atom.code;
  if (atom.kind !== 'group') return null;
  const [first = null, ...others] = atom.branches.map(lastCharOf);
  return others.every((other) => other === first) ? first : null;
}
