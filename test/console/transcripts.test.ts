import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DialogueEvent,
  type DialogueFacts,
  type Effect,
  standingOf,
  startDialogue,
  step,
} from '../../console/dialogue.ts';
import type { TranscriptEvent } from '../../console/transcript.ts';
import { parseResponseFile } from '../../src/autoinstall/response-file.ts';
import { readCasts } from '../support/casts.ts';
import { chunks, interrupted } from '../support/pieces.ts';

/** What stands beside each recording: how it is replayed, and what comes out. */
interface Expected {
  readonly answers: string;
  readonly mode: DialogueFacts['mode'];
  readonly location: string | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly release: string | null;
  readonly phases: readonly string[];
  readonly prompts: readonly { name: string; text: string; answer: string | null }[];
}

const DIRECTORY = new URL('../../fixtures/transcripts/', import.meta.url);
const { read, casts: CASTS } = readCasts<Expected>(DIRECTORY);

const CHUNKINGS: Record<string, (events: readonly TranscriptEvent[]) => readonly TranscriptEvent[]> = {
  'as recorded': (events) => events,
  'character by character': (events) => characters(events),
  'character by character, 1 ms apart': (events) => spread(characters(events)),
  'with everything between two inputs in one piece': (events) => joined(events),
};

const characters = (events: readonly TranscriptEvent[]): readonly TranscriptEvent[] =>
  events.flatMap((event) => [...event.text].map((text) => ({ ...event, text })));

function spread(events: readonly TranscriptEvent[]): readonly TranscriptEvent[] {
  let at = 0;
  return events.map((event) => {
    at = Math.max(at + 0.001, event.at);
    return { ...event, at };
  });
}

function joined(events: readonly TranscriptEvent[]): readonly TranscriptEvent[] {
  const pieces: TranscriptEvent[] = [];
  for (const event of events) {
    const last = pieces.at(-1);
    const both = last?.code === 'o' && event.code === 'o' && last.text.length < 4096;
    if (last !== undefined && both) pieces[pieces.length - 1] = { ...event, text: last.text + event.text };
    else pieces.push(event);
  }
  return pieces;
}

/** Everything that the dialogue said, and what the console had printed when it said it. */
function run(events: readonly TranscriptEvent[], expected: Expected) {
  const answers = parseResponseFile(read(expected.answers), expected.answers);
  const { mode, location } = expected;
  let dialogue = startDialogue({ mode, location, answers, until: 'congratulations' });
  let printed = '';
  const said: { effect: Effect; printed: string }[] = [];
  const take = (event: DialogueEvent): void => {
    const [next, effects] = step(dialogue, event);
    dialogue = next;
    for (const effect of effects) said.push({ effect, printed });
  };
  for (const { at, code, text } of events) {
    // What had settled before is said before this is printed.
    if (dialogue.wakeAt !== null && dialogue.wakeAt <= at) take({ kind: 'tick', at });
    if (code === 'o') printed += text;
    take(code === 'o' ? { kind: 'output', text, at } : { kind: 'input', at });
  }
  take({ kind: 'tick', at: (events.at(-1)?.at ?? 0) + 1 });
  return { said, standing: standingOf(dialogue), release: dialogue.release };
}

describe.each(CASTS)('$file', ({ events, expected }) => {
  it.each(Object.entries(CHUNKINGS))('gives the same prompts, answers and outcome %s', (_, chunk) => {
    const { said, standing, release } = run(chunk(events), expected);
    const prompts = said.flatMap(({ effect }) =>
      effect.kind === 'prompt' ? [{ name: effect.name, text: effect.text, answer: effect.answer }] : [],
    );
    const phases = said.flatMap(({ effect }) => (effect.kind === 'phase' ? [effect.name] : []));
    expect(prompts).toEqual(expected.prompts);
    expect(phases).toEqual(expected.phases);
    expect({ ...standing, release }).toEqual({
      outcome: expected.outcome,
      reason: expected.reason,
      release: expected.release,
    });
  });

  it.each(Object.entries(CHUNKINGS))('types only at a prompt that is complete and waits, %s', (_, chunk) => {
    const { said } = run(chunk(events), expected);
    const typed = said.filter(({ effect }) => effect.kind === 'type');
    const answered = expected.prompts.filter(({ answer }) => answer !== null);
    expect(typed.length).toBeLessThanOrEqual(answered.length);
    for (const { printed } of typed) {
      const line = printed.slice(printed.lastIndexOf('\n') + 1);
      expect(expected.prompts.map(({ text }) => `${text} `)).toContain(line);
    }
  });

  it('gives the same in random pieces, and with kernel messages between its lines', () => {
    const numbers = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 50 });
    const outcome = (pieces: readonly TranscriptEvent[]) => {
      const { said, standing, release } = run(pieces, expected);
      const prompts = said.flatMap(({ effect }) => (effect.kind === 'prompt' ? [effect] : []));
      return { standing, release, prompts: prompts.map(({ at: _, kind: __, ...prompt }) => prompt) };
    };
    const whole = outcome(events);
    fc.assert(
      fc.property(numbers, (some) => {
        const lengths = some.map((number) => number + 1);
        expect(outcome(chunks(events, lengths))).toEqual(whole);
        expect(outcome(interrupted(events, some))).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });

  it('types nothing while autoinstall answers by itself', () => {
    const { said } = run(characters(events), expected);
    const automatic = said.filter(
      ({ effect, printed }) =>
        effect.kind === 'type' &&
        /Performing non-interactive/.test(printed) &&
        !/CONGRATULATIONS|failed; check|Question has no answer/.test(printed),
    );
    expect(automatic).toEqual([]);
  });
});

it('never says a password anywhere but in what it types', () => {
  for (const { events, expected } of CASTS) {
    const { said } = run(events, expected);
    const told = said.filter(({ effect }) => effect.kind !== 'type').map(({ effect }) => effect);
    expect(JSON.stringify(told)).not.toMatch(/rootpw|userpw/);
  }
});
