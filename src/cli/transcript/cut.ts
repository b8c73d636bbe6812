import { BLANK_SCREEN, show } from '../../../console/screen.ts';
import {
  renderEvent,
  renderHeader,
  type Transcript,
  type TranscriptEvent,
} from '../../../console/transcript.ts';
import { printable } from '../table.ts';

/** A part of a recording, in seconds since its start, both ends included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const within = ({ events }: Transcript, { from, to }: Span): readonly TranscriptEvent[] =>
  events.filter(({ at }) => at >= from && at <= to);

/** What the console printed in that time, as it was: with all its control sequences. */
export function playedRaw(transcript: Transcript, span: Span): string {
  return within(transcript, span)
    .filter(({ code }) => code === 'o')
    .map(({ text }) => text)
    .join('');
}

/** What a reader would have seen of it: lines, without control sequences, each as it stood in the end. */
export function playedText(transcript: Transcript, span: Span): string {
  const lines: string[] = [];
  const { line } = show(BLANK_SCREEN, playedRaw(transcript, span), lines);
  const open = line === '' ? [] : [line];
  return [...lines, ...open].map((text) => `${printable(text).trimEnd()}\n`).join('');
}

/** A recording of its own that begins at `from`; the screen as it was before is not drawn. */
export function cutTranscript(transcript: Transcript, span: Span): string {
  const { timestamp, ...header } = transcript.header;
  const shifted = timestamp === undefined ? {} : { timestamp: timestamp + Math.floor(span.from) };
  const events = within(transcript, span).map((event) => ({ ...event, at: event.at - span.from }));
  return renderHeader({ ...header, ...shifted }) + events.map(renderEvent).join('');
}
