import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  parseTranscript,
  renderEvent,
  renderHeader,
  type TranscriptEvent,
} from '../../console/transcript.ts';
import { OperatorError } from '../../src/common/error.ts';

const HEADER = '{"version": 2, "width": 80, "height": 24, "title": "t", "env": {"TERM": "vt220"}}\n';
const parse = (text: string) => parseTranscript(text, 'x.cast');

it('reads header and events', () => {
  expect(parse(`${HEADER}[0.5, "o", "a\\r\\n"]\n\n[1, "i", "b"]\n[2, "m", ""]\n`)).toEqual({
    header: { width: 80, height: 24, title: 't', env: { TERM: 'vt220' } },
    events: [
      { at: 0.5, code: 'o', text: 'a\r\n' },
      { at: 1, code: 'i', text: 'b' },
      { at: 2, code: 'm', text: '' },
    ],
    truncated: false,
  });
});

it('keeps time from running backwards', () => {
  const { events } = parse(`${HEADER}[2, "o", "a"]\n[1, "o", "b"]\n`);
  expect(events.map(({ at }) => at)).toEqual([2, 2]);
});

it.each([
  ['an empty file', '', /^x\.cast line 1: the first line is not a header/],
  ['a file of another kind', '\x7fELF\x02', /line 1/],
  ['a header that is an array', '[1, "o", "x"]\n', /line 1/],
  ['version 1', '{"version": 1, "width": 80, "height": 24}\n', /line 1: its version is 1, not 2/],
  ['no version', '{"width": 80, "height": 24}\n', /line 1: its version is missing/],
  ['no size', '{"version": 2}\n', /line 1: width and height/],
  ['an event that is no array', `${HEADER}{}\n`, /line 2: an event is/],
  ['an event that is no JSON', `${HEADER}[1, "o", "a"]\n[1, "o"\n[2, "o", "b"]\n`, /line 3: an event is/],
  ['a time that is text', `${HEADER}["1", "o", "a"]\n`, /line 2/],
  ['a negative time', `${HEADER}[-1, "o", "a"]\n`, /line 2/],
  ['a text that is a number', `${HEADER}[1, "o", 5]\n`, /line 2/],
])('refuses %s with the line', (_, text, message) => {
  expect(() => parse(text)).toThrow(OperatorError);
  expect(() => parse(text)).toThrow(message);
});

it('forgives a last line that a crash cut off, at every length', () => {
  const last = '[2, "o", "b \\u0041"]';
  for (let length = 1; length < last.length; length += 1) {
    const { events, truncated } = parse(`${HEADER}[1, "o", "a"]\n${last.slice(0, length)}`);
    expect({ texts: events.map(({ text }) => text), truncated }).toEqual({ texts: ['a'], truncated: true });
  }
  const { events, truncated } = parse(`${HEADER}[1, "o", "a"]\n${last}`);
  expect({ texts: events.map(({ text }) => text), truncated }).toEqual({
    texts: ['a', 'b A'],
    truncated: false,
  });
});

it('reads back what it writes', () => {
  const event = fc.record({ code: fc.constantFrom('o', 'i'), text: fc.string({ unit: 'binary' }) });
  fc.assert(
    fc.property(fc.array(event), (list) => {
      const events: TranscriptEvent[] = list.map((one, index) => ({ at: index / 8, ...one }));
      const text = renderHeader({ width: 80, height: 24, timestamp: 1 }) + events.map(renderEvent).join('');
      expect(parse(text)).toEqual({
        header: { width: 80, height: 24, timestamp: 1 },
        events,
        truncated: false,
      });
    }),
  );
});

it('meets any text with a transcript or a refusal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, headed) => {
      try {
        parse(headed ? HEADER + text : text);
      } catch (error) {
        expect(error).toBeInstanceOf(OperatorError);
      }
    }),
  );
});
