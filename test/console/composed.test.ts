import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DialogueFacts } from '../../console/dialogue.ts';
import { replayTranscript } from '../../console/replay.ts';
import type { TranscriptEvent } from '../../console/transcript.ts';
import { parseResponseFile } from '../../src/autoinstall/response-file.ts';
import { readCasts } from '../support/casts.ts';

/** What stands beside each console: how it is replayed, and what comes out. */
interface Expected extends Pick<DialogueFacts, 'mode' | 'location' | 'until'> {
  readonly answers: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly release: string | null;
  readonly phases: readonly string[];
  readonly prompts: readonly { name: string; text: string; answer: string | null }[];
}

const DIRECTORY = new URL('../../fixtures/composed/', import.meta.url);
const { read, casts: CASTS } = readCasts<Expected>(DIRECTORY);

/** Everything but the times. */
function run(events: readonly TranscriptEvent[], { answers: file, mode, location, until }: Expected) {
  const answers = parseResponseFile(read(file), file);
  const { outcome, reason, release, phases, prompts } = replayTranscript(events, {
    mode,
    location,
    until,
    answers,
  });
  return {
    answers: file,
    mode,
    location,
    until,
    outcome,
    reason,
    release,
    phases: phases.map(({ name }) => name),
    prompts: prompts.map(({ name, text, answer }) => ({ name, text, answer })),
  };
}

/** @param pieces of one output, in order */
const cutting =
  (pieces: (text: string) => readonly string[]) =>
  (events: readonly TranscriptEvent[]): readonly TranscriptEvent[] =>
    events.flatMap((event) =>
      event.code === 'o' && event.text !== ''
        ? pieces(event.text).map((text) => ({ ...event, text }))
        : [event],
    );

const characters = cutting((text) => [...text]);

/** Cuts at random: each number says how far the next piece reaches. */
function chunks(events: readonly TranscriptEvent[], lengths: readonly number[]): readonly TranscriptEvent[] {
  let turn = 0;
  return cutting((text) => {
    const pieces: string[] = [];
    for (let at = 0; at < text.length; ) {
      const length = lengths[turn++ % lengths.length] ?? 1;
      pieces.push(text.slice(at, at + length));
      at += length;
    }
    return pieces;
  })(events);
}

const KERNEL = [
  'sd1 at scsibus2 targ 1 lun 0: <SanDisk, Cruzer Blade, 1.27> removable',
  'uhub0: device problem, disabling port 2',
  'em0: watchdog: head 17 tail 81 TDH 17 TDT 81',
  'wd0a: soft error reading fsbn 64 of 64-127 (wd0 bn 64; cn 0 tn 1 sn 1), retrying',
];

/** Puts the kernel's words behind completed lines. */
function interrupted(events: readonly TranscriptEvent[], after: readonly number[]) {
  let line = 0;
  return cutting((text) => [
    text.replace(/[^\n]*\n/g, (completed) => {
      const message = KERNEL[(after[line++ % after.length] ?? 99) % 12];
      return message === undefined ? completed : `${completed}${message}\r\n`;
    }),
  ])(events);
}

describe.each(CASTS)('$file', ({ events, expected }) => {
  it('gives the prompts, answers and outcome that stand beside it', () => {
    expect(run(events, expected)).toEqual(expected);
  });

  it('gives the same character by character', () => {
    expect(run(characters(events), expected)).toEqual(expected);
  });

  it('gives the same in random pieces', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(lengths, (some) => {
        expect(run(chunks(events, some), expected)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('gives the same with kernel messages between its lines', () => {
    const after = fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(after, (some) => {
        expect(run(interrupted(events, some), expected)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('says no password', () => {
    expect(JSON.stringify(run(events, expected))).not.toMatch(/rootpw|userpw/);
  });
});
