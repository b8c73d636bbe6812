import { doesAnswer } from '../match.ts';
import type { AnswerLine, Asking } from '../walk.ts';
import { versionOf } from '../walk.ts';
import { error, type Finding, quoted, type Rule, type Subject, warning } from './finding.ts';
import { trustsAnything } from './sets.ts';
import { unaskedFault } from './unasked.ts';

/** Questions that nothing answers, and lines that answer another question than they seem to, or none. */
export const keyFaults: Rule = (subject) => [
  ...withoutAnswer(subject),
  ...subject.walk.unused.flatMap((line) => unusedFault(line, subject)),
  ...subject.walk.askings.flatMap((asking) =>
    asking.answer === null ? [] : takenFault(asking, asking.answer, subject),
  ),
];

/** The part of a question that is enough of a key. */
const keyOf = (question: string): string => question.replace(/\?.*$/, '');

function withoutAnswer({ walk: { askings } }: Subject): readonly Finding[] {
  return askings.flatMap(({ question, texts: [text = ''], answer, certain }) => {
    if (answer !== null || !certain || question.fallback.kind === 'default') return [];
    const fix = `add \`${keyOf(text)} = ...\``;
    if (question.fallback.kind === 'none') {
      return [
        error(
          'no-answer',
          null,
          `nothing answers ${quoted(text)}, which has no default: the install ends there`,
          fix,
        ),
      ];
    }
    const what = `nothing answers ${quoted(text)}, which has a default only where ${question.fallback.where}`;
    return [warning('no-default', null, what, fix)];
  });
}

function unusedFault(line: AnswerLine, subject: Subject): readonly Finding[] {
  const { standing, walk } = subject;
  if (trustsAnything(line, versionOf(standing.release))) return [];
  const lost = walk.askings.find(({ texts }) => texts.some((text) => doesAnswer(line.key, text)));
  const winner = lost?.answer ?? null;
  if (lost === undefined || winner === null) return [unaskedFault(line, subject)];
  const question = quoted(lost.texts[0] ?? '');
  if (winner.key.toLowerCase() === line.key.toLowerCase()) {
    const what = `line ${winner.line} has the same key and is taken first; ${question} is not asked again, so this line is never used`;
    return [warning('duplicate', line.line, what, 'delete one of the two lines')];
  }
  const what = `line ${winner.line}, whose key is ${shownKey(winner)}, is taken for ${question} first, so this line is never used`;
  return [
    error(
      'shadowed',
      line.line,
      what,
      `write the key of line ${winner.line} in full, or delete one of the two`,
    ),
  ];
}

const shownKey = ({ key }: AnswerLine): string => quoted(key);

function takenFault(taken: Asking, line: AnswerLine, { walk, standing }: Subject): readonly Finding[] {
  if (trustsAnything(line, versionOf(standing.release))) return [];
  const [text = ''] = taken.texts;
  const misled = secretGoneAstray(taken, line);
  if (misled !== null) {
    const what = `this line is taken for ${quoted(text)}, which is asked first, and its answer looks like ${misled}`;
    return [error('taken-too-early', line.line, what, 'write more of the question that it is meant for')];
  }
  const fitting = new Map<string, Asking>();
  for (const asking of walk.askings) {
    const { name } = asking.question;
    if (!fitting.has(name) && asking.texts.some((wording) => doesAnswer(line.key, wording)))
      fitting.set(name, asking);
  }
  if (fitting.size < 2) return [];
  const meant = [...fitting.values()].filter(({ texts }) =>
    texts.some((wording) => beginsWith(wording, line.key)),
  );
  const [only] = meant;
  if (meant.length === 1 && only !== undefined) {
    if (only.question.name === taken.question.name) return [];
    const [wanted = ''] = only.texts;
    const what = `${shownKey(line)} seems meant for ${quoted(wanted)}, but is taken for ${quoted(text)}, which is asked first`;
    return [
      error(
        'taken-too-early',
        line.line,
        what,
        `answer ${quoted(text)} in a line above, or write more of the question that is meant`,
      ),
    ];
  }
  const all = [...fitting.values()].map(({ texts: [wording = ''] }) => quoted(wording)).join(', ');
  const what = `${shownKey(line)} answers more than one question, and is taken for the first: ${all}`;
  return [warning('ambiguous', line.line, what, `write more of the question, such as \`${keyOf(text)}\``)];
}

const beginsWith = (text: string, key: string): boolean => text.toLowerCase().startsWith(key.toLowerCase());

/** What an answer looks like that landed at a question of another kind; null where nothing is odd. */
function secretGoneAstray({ question }: Asking, { value }: AnswerLine): string | null {
  const isKey = /(?:^|\s)(?:ssh|ecdsa|sk)-[\w.@-]+\s+[A-Za-z0-9+/]{16,}/.test(value);
  if (isKey && !/-key$/.test(question.name)) return 'an ssh key';
  const isHash = /^(?:\$2.\$\d\d\$.{34,}|\*{13})$/.test(value);
  return isHash && !/-password$/.test(question.name) ? 'a password' : null;
}
