/** Recordings in asciicast v2: a header line, then one JSON array `[seconds, code, text]` a line. */
import { OperatorError } from '../src/common/error.ts';

export interface TranscriptHeader {
  readonly width: number;
  readonly height: number;
  /** Seconds since the epoch. */
  readonly timestamp?: number;
  readonly title?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface TranscriptEvent {
  /** Seconds since the start of the recording. */
  readonly at: number;
  /** `o` what the console printed, `i` what somebody typed, `m` a mark; other codes are kept and mean nothing here. */
  readonly code: string;
  readonly text: string;
}

/** The mark behind which the machine is only asked about its failure: nothing there belongs to the install. */
export const EVIDENCE_MARK = 'collecting evidence';
/** The mark behind which somebody goes on with the install after all. */
export const EVIDENCE_END_MARK = 'somebody goes on';

export interface Transcript {
  readonly header: TranscriptHeader;
  readonly events: readonly TranscriptEvent[];
  /** The last line was cut off, as after a crash; what stood on it is lost. */
  readonly truncated: boolean;
}

/**
 * Times are made to never run backwards, because a clock that was set must not undo a recording.
 * @param file its name, for messages
 * @throws OperatorError RECORDING_INVALID with the number of the first line that is not asciicast v2
 */
export function parseTranscript(text: string, file: string): Transcript {
  const lines = text.split('\n');
  const unended = lines.pop() ?? '';
  const header = parseHeader(lines[0] ?? unended, file);
  const events: TranscriptEvent[] = [];
  const read = (line: string, number: number): TranscriptEvent => {
    const event = parseEvent(line);
    if (event === null) throw invalid(file, number, 'an event is [seconds, "o" or "i", "text"]');
    return { ...event, at: Math.max(event.at, events.at(-1)?.at ?? 0) };
  };
  lines.forEach((line, index) => {
    if (index > 0 && line.trim() !== '') events.push(read(line, index + 1));
  });
  const last = lines.length > 0 && unended.trim() !== '' ? parseEvent(unended) : null;
  if (last !== null) events.push(read(unended, lines.length + 1));
  return { header, events, truncated: lines.length > 0 && unended.trim() !== '' && last === null };
}

export function renderHeader(header: TranscriptHeader): string {
  return `${JSON.stringify({ version: 2, ...header })}\n`;
}

export function renderEvent({ at, code, text }: TranscriptEvent): string {
  return `[${Number(at.toFixed(6))}, ${JSON.stringify(code)}, ${JSON.stringify(text)}]\n`;
}

function parseHeader(line: string, file: string): TranscriptHeader {
  const header = parseJson(line);
  if (!isRecord(header)) throw invalid(file, 1, 'the first line is not a header of asciicast');
  const { version, width, height, timestamp, title, env } = header;
  if (version !== 2) throw invalid(file, 1, `its version is ${JSON.stringify(version) ?? 'missing'}, not 2`);
  if (!isSize(width) || !isSize(height)) throw invalid(file, 1, 'width and height must be positive numbers');
  return {
    width,
    height,
    ...(typeof timestamp === 'number' ? { timestamp } : {}),
    ...(typeof title === 'string' ? { title } : {}),
    ...(isRecord(env) ? { env: onlyText(env) } : {}),
  };
}

function parseEvent(line: string): TranscriptEvent | null {
  const event = parseJson(line);
  if (!Array.isArray(event)) return null;
  const [at, code, text]: readonly unknown[] = event;
  if (typeof at !== 'number' || !(at >= 0) || typeof code !== 'string' || typeof text !== 'string')
    return null;
  return { at, code, text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

function onlyText(record: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(record).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

function invalid(file: string, line: number, what: string): OperatorError {
  return new OperatorError('RECORDING_INVALID', `${file} line ${line}: ${what}`);
}
