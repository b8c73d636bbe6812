import { doesAnswer } from '../match.ts';
import { isOf, type Question } from '../question.ts';
import { QUESTIONS, SIGNATURE_QUESTIONS } from '../questions.ts';
import { type AnswerLine, versionOf } from '../walk.ts';
import { error, type Finding, quoted, type Subject, warning } from './finding.ts';

/** Why no question of this run takes a line. */
export function unaskedFault(line: AnswerLine, subject: Subject): Finding {
  const stranger = setOfAnotherRelease(line.key, subject.standing.release);
  if (stranger !== null) {
    const what = `${stranger} is a set of another release than ${subject.standing.release}, so the installer never asks this`;
    return error('other-release', line.line, what, `write ${versionOf(subject.standing.release)} instead`);
  }
  const known = QUESTIONS.filter((question) =>
    filled(question, line.key).some((text) => doesAnswer(line.key, text)),
  );
  const reason = known.map((question) => whyNot(question, subject)).sort((a, b) => a.rank - b.rank)[0];
  if (reason !== undefined) {
    const what = `${shown(line)} ${reason.text}: this line is never used`;
    return warning('not-asked', line.line, what, 'delete the line, or answer the questions that lead to it');
  }
  const what = `no release asks what ${shown(line)} answers: the line is never used, and a default is taken silently`;
  return error('unknown-question', line.line, what, suggestion(line, subject));
}

/** A key that speaks of secrets may hold more than the question. */
const shown = ({ key, secret }: AnswerLine): string => (secret === true ? 'this line' : quoted(key));

function setOfAnotherRelease(key: string, release: string): string | null {
  const [set = null, version] =
    /\b(?:base|comp|man|game|xbase|xshare|xfont|xserv|site)(\d\d)(?:-[\w.-]+)?\.tgz/.exec(key) ?? [];
  return version === versionOf(release) ? null : set;
}

interface Reason {
  /** The nearer to this run, the lower. */
  readonly rank: number;
  readonly text: string;
}

function whyNot(question: Question, { standing, mode }: Subject): Reason {
  if (!isOf(question, standing)) {
    return { rank: 3, text: `is a question of other releases, not of ${standing.basis}` };
  }
  if (!question.modes.includes(mode)) {
    return { rank: 2, text: `is asked only in an ${mode === 'install' ? 'upgrade' : 'install'}` };
  }
  if (question.autoinstall === 'never') {
    return { rank: 1, text: 'is asked only of people, not of a response file' };
  }
  return {
    rank: 0,
    text: question.asked === undefined ? 'is not asked again' : `is asked only ${question.asked}`,
  };
}

/** A question's wordings about whatever the key is about. */
function filled({ text }: Question, key: string): readonly string[] {
  const part = (pattern: RegExp): string => pattern.exec(key)?.[1] ?? '';
  const about: Readonly<Record<string, string>> = {
    nic: part(/ for ([a-z]+\d+)/i),
    user: part(/ for user ([^\s?]+)/i),
    zone: part(/ of '?([^\s']+)/i),
    set: part(/\b(?:of|for) ([\w-]+(?:\.\w+)*\.tgz|bsd\S*|BUILDINFO)/i),
    sets: part(/^unverified sets: (.*?)\. /i),
    mode: part(/ your (install|upgrade) /i),
  };
  return text.map((wording) => wording.replace(/\{(\w+)\}/g, (_, name: string) => about[name] ?? ''));
}

/** What may have been meant. */
function suggestion({ key }: AnswerLine, { walk, standing }: Subject): string {
  // A question about sets without a good signature is only ever to be answered for a site set.
  const site = `site${versionOf(standing.release)}.tgz`;
  const texts = walk.askings
    .filter(({ texts: [text = ''] }) => !SIGNATURE_QUESTIONS.some((question) => question === text))
    .map(({ texts: [text = ''] }) =>
      text.replace(/(?<=^(?:Unverified sets:|Checksum test for) )\S+\.tgz/, site),
    );
  const asked = key.toLowerCase();
  const cut = texts.find((text) => text.toLowerCase().includes(asked));
  if (cut !== undefined) {
    return `a key is whole words of the question: write \`${cut.replace(/\?.*$/, '')}\``;
  }
  const words = asked.split(/\s+/);
  const common = (text: string): number => {
    const own = new Set(text.toLowerCase().replace(/\?.*$/, '').split(/\s+/));
    return words.filter((word) => own.has(word)).length / Math.max(words.length, own.size);
  };
  const [nearest = ''] = [...texts].sort((a, b) => common(b) - common(a));
  if (common(nearest) >= 0.4) return `did you mean \`${nearest.replace(/\?.*$/, '')}\`?`;
  return 'compare it with the questions in autoinstall(8), or delete the line';
}
