/**
 * What a human typed, as it may be recorded. Whether a console echoes is only seen by the echo, so his text counts
 * as a secret until the console has printed it back; what it does not print back is kept as `***`. Pure.
 */
import { MASK } from './mask.ts';

/** Typed and not yet judged, oldest first. */
export type Unproven = readonly Piece[];

/** Keys that never carry a secret (RETURN, ^C, an arrow) are told in their turn, not proven. */
type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly secret: boolean }
  /** `told`: recorded already; a RETURN is kept until its newline comes. */
  | { readonly kind: 'key'; readonly text: string; readonly told: boolean };

/** A control sequence of the keyboard (ECMA-48 §5.4), or a control character. */
const KEY = /\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|O.)?|[\x00-\x1f\x7f]/y;
const TEXT = /[^\x00-\x1f\x7f]+/y;

/** Asks for something that is not echoed. */
const SECRET_PROMPT = /(?:pass(?:word|phrase|code)|secret|\bPIN\b|will not echo|\(again\))[^:?]*[:?)]? *$/i;

/**
 * Takes keys in.
 * @param line the open line of the console, as it stands when they are typed
 * @returns what is still unproven, and what may be recorded now
 */
export function takeTyped(unproven: Unproven, text: string, line: string): [Unproven, string] {
  const pieces = [...unproven];
  let secret = SECRET_PROMPT.test(line);
  for (let at = 0; at < text.length; ) {
    const [piece, end] = nextPiece(text, at, secret);
    // What is pasted behind a RETURN answers a prompt that nobody has seen yet.
    if (isReturn(piece)) secret = false;
    const last = pieces.at(-1);
    if (last?.kind === 'text' && piece.kind === 'text' && last.secret === piece.secret) {
      pieces[pieces.length - 1] = { ...last, text: last.text + piece.text };
    } else pieces.push(piece);
    at = end;
  }
  return tellKeys(pieces);
}

/** Takes output in. @returns what is still unproven, and what may be recorded before this output */
export function takeEcho(unproven: Unproven, output: string): [Unproven, string] {
  const pieces = [...unproven];
  let told = '';
  const lines = output.replace(DRAWING, '').split(/\r*\n|\r/);
  for (const [index, line] of lines.entries()) {
    if (pieces.length === 0) break;
    told += tellEchoed(pieces, line);
    // The line has ended: what it has not shown was not echoed.
    if (index === lines.length - 1) break;
    if (isTold(pieces[0])) pieces.shift();
    else told += tellLine(pieces);
  }
  return [pieces, told];
}

/** Takes from the front of `pieces` what `shown` proves; where that is something else, all that is typed so far. */
function tellEchoed(pieces: Piece[], shown: string): string {
  const all = [...pieces];
  let told = '';
  let rest = shown;
  for (let piece = pieces[0]; piece !== undefined; piece = pieces[0]) {
    if (piece.kind === 'text') {
      if (rest === '') return told;
      if (piece.secret || !(piece.text.startsWith(rest) || rest.startsWith(piece.text))) break;
      if (rest.length < piece.text.length) {
        pieces[0] = { ...piece, text: piece.text.slice(rest.length) };
        return told + rest;
      }
      rest = rest.slice(piece.text.length);
    } else if (piece.told && rest === '') return told;
    if (!isTold(piece)) told += piece.text;
    if (isReturn(piece) && !isTold(piece)) pieces[0] = { ...piece, told: true };
    else pieces.shift();
  }
  if (pieces.length === 0 && rest.trim() === '') return told;
  pieces.length = 0;
  return endTyped(all);
}

function tellLine(pieces: Piece[]): string {
  const end = pieces.findIndex((piece) => isReturn(piece) && !isTold(piece));
  return endTyped(pieces.splice(0, end < 0 ? pieces.length : end + 1));
}

/** Nothing more will be seen of it. */
export function endTyped(unproven: Unproven): string {
  return unproven.map((piece) => (piece.kind === 'text' ? MASK : piece.told ? '' : piece.text)).join('');
}

const isReturn = (piece: Piece): piece is Piece & { kind: 'key' } =>
  piece.kind === 'key' && /[\r\n]/.test(piece.text);
const isTold = (piece: Piece | undefined): boolean => piece?.kind === 'key' && piece.told;

/** What moves the cursor and shows nothing, and what erases. */
const DRAWING = /\x08 \x08|\x1b\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]/g;

function nextPiece(text: string, at: number, secret: boolean): [Piece, number] {
  KEY.lastIndex = at;
  const key = KEY.exec(text)?.[0];
  if (key !== undefined) return [{ kind: 'key', text: key, told: false }, at + key.length];
  TEXT.lastIndex = at;
  const run = TEXT.exec(text)?.[0] ?? text.slice(at);
  return [{ kind: 'text', text: run, secret }, at + run.length];
}

/** Keys at the front have nothing unproven before them. */
function tellKeys(pieces: readonly Piece[]): [Unproven, string] {
  const first = pieces.findIndex(({ kind }) => kind === 'text');
  const keys = first < 0 ? pieces : pieces.slice(0, first);
  const awaited = keys.filter(isReturn).map((key) => ({ ...key, told: true }));
  return [[...awaited, ...pieces.slice(keys.length)], endTyped(keys)];
}
