import { readFile } from 'node:fs/promises';
import { type Answer, parseResponseFile } from '../autoinstall/response-file.ts';
import { errnoOf, messageOf, OperatorError } from '../common/error.ts';

/**
 * The answers of a response file that was named on the command line.
 * @throws OperatorError RESPONSE_FILE_MISSING naming the file, RESPONSE_FILE_INVALID when it is none
 */
export async function readAnswers(file: string): Promise<readonly Answer[]> {
  return parseResponseFile(await readResponseText(file), file);
}

/** @throws OperatorError RESPONSE_FILE_MISSING naming the file */
export async function readResponseText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const what = `cannot read the response file ${file}: ${whyUnreadable(cause)}`;
    throw new OperatorError('RESPONSE_FILE_MISSING', what, { cause });
  }
}

/** Why a file that was named on the command line could not be read, without saying its name again. */
export function whyUnreadable(error: unknown): string {
  return UNREADABLE[errnoOf(error) ?? ''] ?? messageOf(error);
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
};
