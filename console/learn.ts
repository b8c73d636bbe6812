/**
 * Questions that nobody but a human answered, out of a recording: what he typed becomes a row of the operator's own
 * table. Pure.
 */
import { parseQuestion } from './decide.ts';
import { type Dialogue, type DialogueFacts, startDialogue, step } from './dialogue.ts';
import { MASK } from './mask.ts';
import { isUnderWay, type Phase } from './phase.ts';
import { replayTranscript } from './replay.ts';
import type { ConsoleReport } from './report.ts';
import type { TranscriptEvent } from './transcript.ts';

export interface Lesson {
  /** Of the row. */
  readonly name: string;
  /** The prompt as it stood there, with the blank at its end. */
  readonly text: string;
  /** What the human typed before RETURN; null for a secret, which no recording has. */
  readonly answer: string | null;
  readonly phase: Phase | null;
  /** Of the system that asked, as far as the console has told. */
  readonly release: string | null;
  /** When his answer was complete, in seconds since the recording began. */
  readonly at: number;
}

/** What stands there while something else than a question waits is no question. */
const NO_QUESTION = /^(?:menu|shell|single-user|ddb|login|boot-loader|boot-error|layout-editor|exit)$/;

/**
 * @param events in the order of their times
 * @param facts those of the drive that was recorded, so that what it answered is not taken for a human's
 * @param taken names of rows that there are already
 */
export function learnFrom(
  events: readonly TranscriptEvent[],
  facts: DialogueFacts,
  taken: ReadonlySet<string>,
): readonly Lesson[] {
  const lessons: Lesson[] = [];
  const names = new Set(taken);
  let dialogue = startDialogue(facts);
  let typed: string | null = null;
  for (const { at, code, text } of events) {
    if (code !== 'o' && code !== 'i') continue;
    const [next, effects] = step(
      dialogue,
      code === 'o' ? { kind: 'output', text, at } : { kind: 'input', at },
    );
    dialogue = next;
    const asked = effects.findLast((effect) => effect.kind === 'prompt');
    if (asked?.kind === 'prompt') typed = isOpenQuestion(dialogue, asked) ? '' : null;
    if (code !== 'i' || typed === null) continue;
    typed += text;
    const prompt = dialogue.asked?.text;
    if (!/[\r\n]/.test(typed) || prompt === undefined) continue;
    const answer = edited(typed.slice(0, typed.search(/[\r\n]/)));
    typed = null;
    const name = nameOf(prompt, names);
    names.add(name);
    const { phase, release } = dialogue;
    lessons.push({ name, text: prompt, answer: answer.includes(MASK) ? null : answer, phase, release, at });
  }
  return lessons;
}

/** What a row asks the response file for is known already, whether that has an answer or not. */
const isOpenQuestion = (
  { asked }: Dialogue,
  { name, answer }: { name: string; answer: string | null },
): boolean => answer === null && asked?.decision.secret === false && !NO_QUESTION.test(name);

/** The rows as they stand in a table's file. */
export const renderLessons = (lessons: readonly Lesson[]): string => lessons.map(renderLesson).join('');

function renderLesson({ name, text, answer, phase, release }: Lesson): string {
  const { question, fallback } = parseQuestion(text);
  const pattern = fallback === null ? `^${literal(text)}$` : `^${literal(question)} \\[[^[]*\\] $`;
  return [
    '',
    '[[prompts]]',
    `name = ${quote(name)}`,
    ...(release === null ? [] : [`releases = ${quote(`seen ${release}`)}`]),
    `prompt = ${quote(pattern)}`,
    answer === null
      ? `answer = { question = ${quote(question)}, secret = true }`
      : `answer = { text = ${quote(answer)} }`,
    ...(phase !== null && isUnderWay(phase) ? [`phase = ${quote(phase)}`] : []),
    '',
  ].join('\n');
}

/** A table that has no rows yet. @param release the one that was recorded */
export const renderNewTable = (release: string | null): string =>
  [
    '# Prompts of our own, tried before the built-in ones. Every row may be edited; `puffboot prompts test` proves it.',
    'name = "our prompts"',
    'base = "openbsd"',
    `releases = ${quote(`seen ${release ?? '7.6'}`)}`,
    '',
  ].join('\n');

/** The lessons that a replay does not answer as the human did; none where the table has learnt them. */
export function unlearnt(
  lessons: readonly Pick<Lesson, 'name' | 'text' | 'answer'>[],
  events: readonly TranscriptEvent[],
  facts: DialogueFacts,
): readonly Pick<Lesson, 'name' | 'text' | 'answer'>[] {
  // A secret's row asks the response file, whatever that says.
  const secrets = lessons.filter(({ answer }) => answer === null);
  const answers = secrets.map(({ text }) => ({
    key: parseQuestion(text).question,
    value: 'x'.repeat(8),
    secret: true,
  }));
  const { prompts } = replayTranscript(events, { ...facts, answers: [...facts.answers, ...answers] });
  return lessons.filter((lesson) => !isAnswered(lesson, prompts));
}

const isAnswered = (
  { name, text, answer }: Pick<Lesson, 'name' | 'text' | 'answer'>,
  prompts: ConsoleReport['prompts'],
): boolean =>
  prompts.some(
    (prompt) => prompt.name === name && prompt.text === text.trimEnd() && prompt.answer === (answer ?? MASK),
  );

/** What is left of a line after the keys that edit it (stty(1)). */
function edited(typed: string): string {
  let line = '';
  for (const key of typed) {
    if (key === '\x15') line = '';
    else if (key === '\x7f' || key === '\b') line = line.slice(0, -1);
    else if (key >= ' ') line += key;
  }
  return line;
}

/** A name out of the question's words, that no row has yet. */
function nameOf(prompt: string, taken: ReadonlySet<string>): string {
  const words = prompt.replace(/\[.*|\(.*/, '').match(/[A-Za-z0-9]+/g) ?? ['question'];
  const base = words.join(' ').toLowerCase().slice(0, 30).trim();
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!taken.has(name)) return name;
  }
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A TOML string: literal where it can be, so that patterns stay readable. */
const quote = (text: string): string =>
  /['\x00-\x1f\x7f]/.test(text) || !/["\\]/.test(text) ? JSON.stringify(text) : `'${text}'`;
