import { checksum } from '../common/checksum.ts';
import { OperatorError } from '../common/error.ts';

const BEGIN = 'BEGIN puffboot: written anew by puffboot, change nothing up to END';
const END = 'END puffboot';
/** Known by their first words, so that the remark behind them may change in another version. */
const MARKER = /^(?:#|;) (BEGIN|END) puffboot\b/;

/**
 * What puffboot owns of a file, between its two marker lines. Behind END stands a sum of what is between them, by
 * which somebody else's edit is known later.
 * @param comment what begins a comment in this format: `;` in zone files
 * @throws OperatorError MARKERS_DAMAGED when the body holds a marker line itself
 */
export function ownedBlock(body: string, comment: '#' | ';' = '#'): string {
  if (markersOf(body).length > 0) {
    throw new OperatorError('MARKERS_DAMAGED', 'what is to stand between the marker lines has one itself');
  }
  const ended = body === '' || body.endsWith('\n') ? body : `${body}\n`;
  return `${comment} ${BEGIN}\n${ended}${comment} ${END} ${checksum(ended)}\n`;
}

/** What stands between the marker lines of a file, and whether somebody else changed it since. */
export interface OwnedPart {
  readonly body: string;
  readonly edited: boolean;
  /** The rest of the file. */
  readonly outside: string;
}

/**
 * @returns null where the file has no marker lines
 * @throws OperatorError MARKERS_DAMAGED as `replaceOwned`
 */
export function ownedPart(text: string, file: string): OwnedPart | null {
  const pair = markerPair(text, file);
  if (pair === null) return null;
  const { begin, end } = pair;
  const body = text.slice(begin.to, end.from);
  const [, sum] = /\bpuffboot ([0-9a-f]{8})\s*$/.exec(text.slice(end.from, end.to)) ?? [];
  const edited = sum !== undefined && sum !== checksum(body);
  return { body, edited, outside: text.slice(0, begin.from) + text.slice(end.to) };
}

/**
 * The file with its owned block replaced, or put behind everything else where it has none. Every byte outside
 * the marker lines stays; only a last line without a newline is given one before a new block.
 * @param block as `ownedBlock` made it
 * @param file its name, for the message
 * @throws OperatorError MARKERS_DAMAGED when a marker line is missing, doubled or in the wrong order
 */
export function replaceOwned(text: string, block: string, file: string): string {
  const pair = markerPair(text, file);
  if (pair === null) return text === '' || text.endsWith('\n') ? text + block : `${text}\n${block}`;
  return text.slice(0, pair.begin.from) + block + text.slice(pair.end.to);
}

function markerPair(text: string, file: string): { readonly begin: Marker; readonly end: Marker } | null {
  const [begin, end, ...more] = markersOf(text);
  if (begin === undefined) return null;
  if (begin.word === 'BEGIN' && end?.word === 'END' && more.length === 0) return { begin, end };
  const found = [begin, ...(end === undefined ? [] : [end]), ...more];
  const lines = found.map(({ word, line }) => `${word} in line ${line}`).join(', ');
  throw new OperatorError('MARKERS_DAMAGED', `${file} needs one BEGIN and then one END, and has ${lines}`);
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
