import { isMessage } from './kernel-text.ts';

/**
 * What a console's output says, without how it is drawn: completed lines and the line that is still open.
 * Carriage returns and backspaces move the cursor and what follows overwrites, as on a terminal, so a progress
 * bar is one line and an echo redrawn by a shell reads as it looks. Escape sequences and control characters are
 * dropped. The result does not depend on how the output is cut into pieces.
 */
export interface Screen {
  /** The line that has no newline yet. */
  readonly line: string;
  /** Where the next character goes, 0 to `line.length`. */
  readonly cursor: number;
  /** What stood on the line before its beginning was first overwritten; empty where it never was. */
  readonly under: string;
  readonly sequence: EscapeState;
}

/**
 * Where inside an escape sequence (ECMA-48) the output stands: not at all, behind ESC, in a control sequence
 * (`ESC [`), in a string that BEL or ST ends (`ESC ]` and others).
 */
type EscapeState = 'none' | 'escape' | 'control' | 'string';

export const BLANK_SCREEN: Screen = { line: '', cursor: 0, under: '', sequence: 'none' };

/** Longer lines are completed at this many characters: nothing that a guest prints may fill the memory. */
export const MAX_LINE = 1024;

/** What moves the cursor elsewhere than to the next line, or may: CR LF does not, nor CR CR LF where two ttys add one. */
const MOVING = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\r?\n)/;
/** All but the carriage return. */
const DRAWING = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;
const [BACKSPACE, TAB, CR, CAN, SUB, ESC, DEL, LAST_C1] = [8, 9, 13, 24, 26, 27, 127, 159];

/**
 * Takes more output in.
 * @param lines receives each line that this output completed, without its end
 */
export function show(screen: Screen, output: string, lines: string[]): Screen {
  return isPlain(screen) && !MOVING.test(output)
    ? showPlain(screen, output, lines)
    : showCarefully(screen, output, lines);
}

const isPlain = (screen: Screen): boolean =>
  screen.sequence === 'none' && screen.under === '' && atEnd(screen);

/** True when the cursor stands behind the last character: the only place where a prompt waits. */
export const atEnd = ({ line, cursor }: Screen): boolean => cursor === line.length;

function showPlain(screen: Screen, output: string, lines: string[]): Screen {
  let line = screen.line;
  let start = 0;
  for (let end = output.indexOf('\n'); end >= 0; end = output.indexOf('\n', start)) {
    lines.push(wrap(line + output.slice(start, endOfText(output, start, end)), lines));
    line = '';
    start = end + 1;
  }
  line = wrap(line + output.slice(start), lines);
  return { line, cursor: line.length, under: '', sequence: 'none' };
}

/** Carriage returns right before the newline at `end` change nothing. */
function endOfText(output: string, start: number, end: number): number {
  let stop = end;
  while (stop > start && output.charCodeAt(stop - 1) === CR) stop -= 1;
  return stop;
}

/** Completes all of an overlong line but its end, which is returned. */
function wrap(line: string, lines: string[]): string {
  if (line.length <= MAX_LINE) return line;
  let start = 0;
  for (; line.length - start > MAX_LINE; start += MAX_LINE) lines.push(line.slice(start, start + MAX_LINE));
  return line.slice(start);
}

/** Line by line, so that one progress bar does not make the rest of a large piece slow. */
function showCarefully(screen: Screen, output: string, lines: string[]): Screen {
  const drawing = DRAWING.test(output);
  let current = screen;
  let start = 0;
  while (start < output.length) {
    const newline = output.indexOf('\n', start);
    const end = newline < 0 ? output.length : newline;
    const text = output.slice(start, newline < 0 ? end : endOfText(output, start, end));
    const simple = current.sequence === 'none' && current.line.length + text.length <= MAX_LINE;
    const shown =
      simple && !(drawing && DRAWING.test(text)) ? retype(current, text) : draw(current, text, lines);
    current = newline < 0 ? shown : complete(shown, lines);
    start = end + 1;
  }
  return current;
}

/** The newline. What a message of the kernel's has overwritten was printed all the same. */
function complete({ line, under }: Screen, lines: string[]): Screen {
  if (under !== '' && isMessage(line)) lines.push(under);
  lines.push(line);
  return BLANK_SCREEN;
}

/** Text that moves the cursor by carriage returns alone. */
function retype(screen: Screen, text: string): Screen {
  let { line, cursor, under } = screen;
  for (let start = 0; start <= text.length; ) {
    const found = text.indexOf('\r', start);
    const end = found < 0 ? text.length : found;
    if (end > start) {
      if (cursor === 0 && under === '') under = line;
      line = line.slice(0, cursor) + text.slice(start, end) + line.slice(cursor + end - start);
      cursor += end - start;
    }
    if (found >= 0) cursor = 0;
    start = end + 1;
  }
  return { line, cursor, under, sequence: 'none' };
}

/** The characters of the line that is being drawn; filled and read within one call of `draw`. */
const cells = new Uint16Array(MAX_LINE);

/** Text without a newline. */
function draw(screen: Screen, output: string, lines: string[]): Screen {
  let { cursor, under, sequence } = screen;
  let length = screen.line.length;
  for (let index = 0; index < length; index += 1) cells[index] = screen.line.charCodeAt(index);
  const drawn = () => String.fromCharCode(...cells.subarray(0, length));
  for (let index = 0; index < output.length; index += 1) {
    const code = output.charCodeAt(index);
    if (sequence !== 'none' && code !== CR) {
      sequence = nextEscape(sequence, code);
    } else if (code === CR) {
      // Neither sequences nor strings contain line ends: one that noise began must not hide the rest.
      sequence = 'none';
      cursor = 0;
    } else if (code === ESC) {
      sequence = 'escape';
    } else if (code === BACKSPACE) {
      cursor = Math.max(0, cursor - 1);
    } else if (code === TAB || (code >= 32 && (code < DEL || code > LAST_C1))) {
      if (cursor === MAX_LINE) {
        lines.push(drawn());
        length = 0;
        cursor = 0;
      }
      // Once a line: a guest that returns for every character must not cost a line each time.
      if (cursor === 0 && under === '') under = drawn();
      cells[cursor] = code;
      cursor += 1;
      length = Math.max(length, cursor);
    }
  }
  return { line: drawn(), cursor, under, sequence };
}

function nextEscape(sequence: EscapeState, code: number): EscapeState {
  if (code === CAN || code === SUB) return 'none';
  if (code === ESC) return 'escape';
  if (sequence === 'string') return code === 7 ? 'none' : 'string';
  if (sequence === 'control') return code >= 0x40 && code <= 0x7e ? 'none' : 'control';
  if (code === 0x5b) return 'control';
  // OSC, DCS, SOS, PM, APC
  if (code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f) return 'string';
  // Intermediate characters (`ESC ( B`) go on, anything else is the final one.
  return code >= 0x20 && code <= 0x2f ? 'escape' : 'none';
}
