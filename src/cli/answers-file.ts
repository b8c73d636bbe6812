import { readFile } from 'node:fs/promises';
import { type Answer, parseResponseFile } from '../autoinstall/response-file.ts';
import { messageOf, OperatorError } from '../common/error.ts';

/**
 * The answers of a response file that was named on the command line.
 * @throws OperatorError RESPONSE_FILE_MISSING naming the file, RESPONSE_FILE_INVALID when it is none
 */
export async function readAnswers(file: string): Promise<readonly Answer[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const what = `cannot read the response file ${file}: ${messageOf(cause)}`;
    throw new OperatorError('RESPONSE_FILE_MISSING', what, { cause });
  }
  return parseResponseFile(text, file);
}
