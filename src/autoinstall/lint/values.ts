import { releaseIn } from '../question.ts';
import { type AnswerLine, type Asking, versionOf } from '../walk.ts';
import { error, type Finding, quoted, type Rule, type Subject, warning } from './finding.ts';

/** Answers that the installer refuses, or understands differently. */
export const valueFaults: Rule = (subject) => [
  ...subject.walk.askings.flatMap((asking) =>
    asking.answer === null ? [] : answerFaults(asking, asking.answer, subject),
  ),
  ...subject.lines.flatMap(textFaults),
];

type Check = (line: number, value: string, subject: Subject) => readonly Finding[];

/** By the question's name. */
const CHECKS: Readonly<Record<string, Check>> = {
  'http-server': server,
  'server-directory': directory,
  'set-names': setNames,
  'root-key': sshKey,
  'user-key': sshKey,
  'root-password': password,
  'user-password': password,
};

function answerFaults(asking: Asking, { line, value }: AnswerLine, subject: Subject): readonly Finding[] {
  const { question, texts } = asking;
  if (question.accepts !== undefined && !question.accepts.test(value)) {
    const what = `the installer does not accept this answer to ${quoted(texts[0] ?? '')} and ends`;
    return [
      error('bad-answer', line, what, 'give one of the answers that the question names; yes or no otherwise'),
    ];
  }
  return CHECKS[question.name]?.(line, value, subject) ?? [];
}

function server(line: number, value: string, { standing }: Subject): readonly Finding[] {
  if (value === 'done') return [];
  if (/^\d+$/.test(value)) {
    const what = 'a number chooses from a list of mirrors that the installer may not have got';
    return [error('http-server', line, what, 'name the server: `HTTP Server = http://192.0.2.1`')];
  }
  if (!/^(?:https?:\/\/)?[A-Za-z0-9:.[\]_-]+$/.test(value)) {
    const what =
      'the installer does not accept this as a server, only a host name or address with an optional port';
    return [
      error(
        'http-server',
        line,
        what,
        'put the path into `Server directory`, and leave only http://HOST[:PORT]',
      ),
    ];
  }
  if (value.includes('://') || standing.basis === '5.8') return [];
  const what =
    'without a scheme https is tried first, which costs 15 seconds where a firewall drops it without a word';
  return [warning('no-scheme', line, what, 'write http:// or https:// before the host')];
}

function directory(line: number, value: string, { standing }: Subject): readonly Finding[] {
  const named = releaseIn(value);
  if (named === null || named === standing.release) return [];
  const what = `the directory is that of ${named}, while the installer is of ${standing.release} and looks for sets of its own release`;
  return [
    error('other-release', line, what, 'boot the installer of the same release, or correct the directory'),
  ];
}

function sshKey(line: number, value: string): readonly Finding[] {
  if (value === 'none' || /(?:^|\s)(?:ssh|ecdsa|sk)-[\w.@-]+\s+[A-Za-z0-9+/]{16,}={0,3}(?:\s|$)/.test(value))
    return [];
  const what = 'this does not look like a line of authorized_keys, and the installer does not check it';
  return [warning('ssh-key', line, what, 'give one line such as that of ~/.ssh/id_ed25519.pub')];
}

const VERSION_OF_SET = /^[-+]?(?:base|comp|man|game|x[a-z]+|site)(\d\d)/;

/** Names and patterns with a version in them select nothing from the sets of another one, without a word. */
function setNames(line: number, value: string, { standing }: Subject): readonly Finding[] {
  const version = versionOf(standing.release);
  const strange = value
    .split(/\s+/)
    .find((word) => ![undefined, version].includes(VERSION_OF_SET.exec(word)?.[1]));
  if (strange === undefined) return [];
  const what = `${quoted(strange)} names a set of another release than ${standing.release}, and fits none of its sets`;
  return [warning('other-release', line, what, `write ${version}, or \`*\` for any version`)];
}

/** As install.sub tells them apart: encrypt(1)'s output, thirteen asterisks for none, and all else. */
const HASH = /^\$2.\$\d\d\$.{34,}$/;
const LOCKED = /^\*{13}$/;

function password(line: number, value: string): readonly Finding[] {
  if (HASH.test(value) || LOCKED.test(value)) return [];
  const fix = 'give the output of encrypt(1), or 13 asterisks for an account that only keys open';
  if (/^\$[a-z0-9]+\$/i.test(value)) {
    const what =
      'this looks like a hash that OpenBSD does not know: it would be taken as the password itself';
    return [warning('foreign-hash', line, what, fix)];
  }
  return [warning('clear-password', line, 'this looks like a password in clear text', fix)];
}

/** Characters that mean something else when the answer is typed on a console instead. */
function textFaults({ line, key, value, secret }: AnswerLine): readonly Finding[] {
  if (secret === true) return [];
  const findings: Finding[] = [];
  if (value.startsWith('!')) {
    const what = `the answer to ${quoted(key)} begins with \`!\`: on a console the installer runs it as a command`;
    findings.push(warning('exclamation', line, what, 'answer without the `!`'));
  }
  if (value.includes('\\')) {
    const what = `the answer to ${quoted(key)} has a backslash, which counts here and is eaten when it is typed on a console`;
    findings.push(warning('backslash', line, what, 'do without the backslash'));
  }
  return findings;
}
