import { OperatorError } from '../common/error.ts';
import { show } from '../common/form.ts';

/** What no shell reads anything into. An `=` is left out: before the command's name it would set a variable. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;

/**
 * One word for sh(1): in single quotes, within which nothing but the quote itself means anything.
 * @throws OperatorError HOST_COMMAND for a NUL byte, which no command can be given
 */
export function quoteWord(word: string): string {
  if (word.includes('\0')) {
    throw new OperatorError('HOST_COMMAND', `${show(word)}: a word may not hold a NUL byte`);
  }
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command for the shell at the other end of ssh(1), which hands the words on as they are. */
export const remoteCommand = (argv: readonly string[]): string => argv.map(quoteWord).join(' ');
