import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DialogueFacts } from '../../console/dialogue.ts';
import { replayTranscript } from '../../console/replay.ts';
import type { TranscriptEvent } from '../../console/transcript.ts';
import { parseResponseFile } from '../../src/autoinstall/response-file.ts';
import { readCasts } from '../support/casts.ts';
import { brokenInto } from '../support/pieces.ts';

interface Replayed extends Pick<DialogueFacts, 'mode' | 'location'> {
  readonly answers: string;
  readonly until?: DialogueFacts['until'];
}

/**
 * All recordings, with whole messages of the kernel broken into them at any character that userland printed.
 *
 * What cannot be known, and is not tried here: where a message is of no wording that a kernel is known for, its line
 * is one of the installer's; where a word runs into a device's name (`fo` + `sd1`), the longest device name that fits is taken to be the
 * message's; an answer's echo may be torn, which makes no difference to what was asked. The kernel, the loader and
 * ddb(4) are not interrupted: nothing else prints while they do.
 */
const CASTS = ['composed', 'rehearsed', 'transcripts'].flatMap((name) => {
  const { read, casts } = readCasts<Replayed>(new URL(`../../fixtures/${name}/`, import.meta.url));
  return casts.map((cast) => ({ ...cast, answers: read(cast.expected.answers) }));
});

function run(events: readonly TranscriptEvent[], { mode, location, until }: Replayed, file: string) {
  const answers = parseResponseFile(file, 'install.conf');
  const told = replayTranscript(events, { mode, location, until: until ?? 'congratulations', answers });
  return {
    outcome: told.outcome,
    reason: told.reason,
    release: told.release,
    phases: told.phases.map(({ name }) => name),
    prompts: told.prompts.map(({ name, text, answer }) => ({ name, text, answer })),
  };
}

/** Asked by install.sub's `ask`, which draws again; menu, passwords, shells and getty(8) do not. */
const redraws = (line: string): boolean =>
  /[\])?] $/.test(line) && !/^\(I\)nstall|will not echo|\(again\)/.test(line);

describe.each(CASTS)('$file', ({ events, expected, answers }) => {
  it('gives the same with whole kernel messages anywhere in its text', () => {
    const whole = run(events, expected, answers);
    const byHand = expected.mode === 'type' || expected.mode === 'upgrade';
    const places = fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(places, (some) => {
        const broken = brokenInto(events, some, (line) => byHand && redraws(line));
        expect(run(broken, expected, answers)).toEqual(whole);
      }),
      { numRuns: 25, seed: 76 },
    );
  });
});
