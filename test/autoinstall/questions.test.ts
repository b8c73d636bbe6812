import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseTranscript } from '../../console/transcript.ts';
import { isOf, standingOf } from '../../src/autoinstall/question.ts';
import { QUESTIONS } from '../../src/autoinstall/questions.ts';

/** What a recording's installer asked, in order: the text up to the default or the answer. */
function asked(name: string): string[] {
  const file = `fixtures/transcripts/${name}.cast`;
  const { events } = parseTranscript(readFileSync(file, 'utf8'), file);
  const text = events.flatMap(({ code, text: piece }) => (code === 'o' ? piece : [])).join('');
  const installer = text.slice(text.search(/Terminal type/));
  return installer
    .split(/\r*\n/)
    .flatMap(
      (line) =>
        /^[A-Z].*?\?(?: \([^)]*\))?(?= |$)|^Public ssh key for user \S+/.exec(
          line.replace(/.*\r/, ''),
        )?.[0] ?? [],
    );
}

const wording = (text: string): RegExp =>
  new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '\\S+')}$`);

it.each(['autoinstall-76', 'upgrade-76', 'interactive-76'])(
  'knows every question of %s, in its words',
  (name) => {
    const known = QUESTIONS.filter((question) => isOf(question, standingOf('7.6'))).flatMap(({ text }) =>
      text.map(wording),
    );
    const questions = asked(name);
    expect(questions.length).toBeGreaterThan(8);
    const strange = questions
      .map((question) => question.replace(/ \((?:will not echo|again)\)$/, ''))
      .filter((question) => !known.some((pattern) => pattern.test(question)));
    expect(strange).toEqual([]);
  },
);

it.each(['5.8', '6.9', '7.2', '7.3', '7.4', '7.5', '7.6', '7.9'])(
  'has one wording or none for each question of %s',
  (release) => {
    const standing = standingOf(release);
    for (const mode of ['install', 'upgrade'] as const) {
      const names = QUESTIONS.filter(
        (question) => isOf(question, standing) && question.modes.includes(mode) && question.group !== 'disks',
      ).map(({ name }) => name);
      expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    }
  },
);
