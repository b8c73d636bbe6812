import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DialogueFacts } from '../../console/dialogue.ts';
import { replayTranscript } from '../../console/replay.ts';
import type { TranscriptEvent } from '../../console/transcript.ts';
import { parseResponseFile } from '../../src/autoinstall/response-file.ts';
import { readCasts } from '../support/casts.ts';
import { characters, chunks, interrupted } from '../support/pieces.ts';

/** What stands beside each console: how it is replayed, and what comes out. */
interface Expected extends Pick<DialogueFacts, 'mode' | 'location' | 'until'> {
  readonly answers: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly release: string | null;
  readonly phases: readonly string[];
  readonly prompts: readonly { name: string; text: string; answer: string | null }[];
}

const composed = readCasts<Expected>(new URL('../../fixtures/composed/', import.meta.url));
const rehearsed = readCasts<Expected>(new URL('../../fixtures/rehearsed/', import.meta.url));
const CASTS = [...composed.casts, ...rehearsed.casts];

/** Everything but the times. */
function run(events: readonly TranscriptEvent[], { answers: file, mode, location, until }: Expected) {
  const answers = parseResponseFile(composed.read(file), file);
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
