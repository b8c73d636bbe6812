import { OperatorError } from '../common/error.ts';

const BEGIN = 'BEGIN puffboot: written anew by puffboot, change nothing up to END';
const END = 'END puffboot';
/** Known by their first words, so that the remark behind them may change in another version. */
const MARKER = /^(?:#|;) (BEGIN|END) puffboot\b/;

/**
 * What puffboot owns of a file, between its two marker lines.
 * @param comment what begins a comment in this format: `;` in zone files
 * @throws OperatorError MARKERS_DAMAGED when the body holds a marker line itself
 */
export function ownedBlock(body: string, comment: '#' | ';' = '#'): string {
  if (markersOf(body).length > 0) {
    throw new OperatorError('MARKERS_DAMAGED', 'what is to stand between the marker lines has one itself');
  }
  const ended = body === '' || body.endsWith('\n') ? body : `${body}\n`;
  return `${comment} ${BEGIN}\n${ended}${comment} ${END}\n`;
}

/**
 * The file with its owned block replaced, or put behind everything else where it has none. Every byte outside
 * the marker lines stays; only a last line without a newline is given one before a new block.
 * @param block as `ownedBlock` made it
 * @param file its name, for the message
 * @throws OperatorError MARKERS_DAMAGED when a marker line is missing, doubled or in the wrong order
 */
export function replaceOwned(text: string, block: string, file: string): string {
  const [begin, end, ...more] = markersOf(text);
  if (begin === undefined) return text === '' || text.endsWith('\n') ? text + block : `${text}\n${block}`;
  if (begin.word !== 'BEGIN' || end?.word !== 'END' || more.length > 0) {
    const found = [begin, ...(end === undefined ? [] : [end]), ...more];
    const lines = found.map(({ word, line }) => `${word} in line ${line}`).join(', ');
    throw new OperatorError('MARKERS_DAMAGED', `${file} needs one BEGIN and then one END, and has ${lines}`);
  }
  return text.slice(0, begin.from) + block + text.slice(end.to);
}

interface Marker {
  readonly word: string;
  readonly line: number;
  /** Where its line begins, and where the next one does. */
  readonly from: number;
  readonly to: number;
}

function markersOf(text: string): readonly Marker[] {
  const markers: Marker[] = [];
  let from = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const to = Math.min(from + line.length + 1, text.length);
    const word = MARKER.exec(line)?.[1];
    if (word !== undefined) markers.push({ word, line: index + 1, from, to });
    from = to;
  }
  return markers;
}
