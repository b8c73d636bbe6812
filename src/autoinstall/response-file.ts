/** Response files of autoinstall(8): `question = answer` lines. */
import { OperatorError } from '../common/error.ts';

/** One line of a response file. The key is (part of) the installer's question. */
export interface Answer {
  readonly key: string;
  readonly value: string;
  /** Never shown, logged or recorded in clear. */
  readonly secret?: boolean;
}

/** Passwords, passphrases, and ssh keys, behind whose second field a password may stand as the comment. */
const SECRET_KEY = /passw|passphrase|ssh key/i;

/**
 * The answers of a response file in their order, read as leniently as the installer reads it: what it skips
 * (comments, lines starting with `!`, lines without a question or a value) is skipped here too. The value is
 * what stands behind the first `=`; blanks around question and value do not count.
 * @param file its name, for the message
 * @throws OperatorError RESPONSE_FILE_INVALID when it holds a NUL, so is not text at all
 */
export function parseResponseFile(text: string, file: string): Answer[] {
  if (text.includes('\0')) {
    throw new OperatorError('RESPONSE_FILE_INVALID', `${file} is not a text file: it holds a NUL byte`);
  }
  return text.split('\n').flatMap((line) => parseAnswer(line) ?? []);
}

/**
 * The response file that the installer reads as these answers, in this order.
 * @throws OperatorError RESPONSE_FILE_INVALID for a key or a value that the installer would read differently.
 *         The message never contains the value of a secret.
 */
export function renderResponseFile(answers: readonly Answer[]): string {
  return answers.map((answer) => `${renderLine(answer)}\n`).join('');
}

/** One line without its LF; null for what the installer skips. */
export function parseAnswer(line: string): Answer | null {
  const equals = line.indexOf('=');
  if (equals < 0) return null;
  const key = trimBlanks(line.slice(0, equals));
  // A file written on another system ends its lines in CR LF; a CR typed on a console would be a RETURN.
  const value = trimBlanks(line.slice(equals + 1).replace(/\r+$/, ''));
  if (key === '' || value === '' || /^[#!]/.test(key)) return null;
  return SECRET_KEY.test(key) ? { key, value, secret: true } : { key, value };
}

function renderLine({ key, value, secret }: Answer): string {
  const refused = keyFault(key) ?? valueFault(value);
  if (refused !== null) {
    const shown = secret || SECRET_KEY.test(key) ? '***' : JSON.stringify(value);
    throw new OperatorError(
      'RESPONSE_FILE_INVALID',
      `the answer ${shown} to ${JSON.stringify(key)} cannot be written to a response file: ${refused}`,
    );
  }
  return `${key} = ${value}`;
}

function keyFault(key: string): string | null {
  if (key === '') return 'the question is empty';
  if (key.includes('=')) return 'the question contains `=`';
  if (/^[#!]/.test(key)) return 'the question starts with `#` or `!`, which makes the line a comment';
  return textFault('question', key);
}

function valueFault(value: string): string | null {
  return value === '' ? 'the answer is empty' : textFault('answer', value);
}

function textFault(what: string, text: string): string | null {
  if (/[\r\n\0]/.test(text)) return `the ${what} contains a line break or a NUL`;
  if (trimBlanks(text) !== text) return `the ${what} starts or ends with a blank, which the installer drops`;
  return null;
}

/** Only blanks as ksh(1) knows them: an answer may well end in a no-break space. */
function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}
