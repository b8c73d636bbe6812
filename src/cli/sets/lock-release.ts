import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, OperatorError } from '../../common/error.ts';
import { lockState, type StateLock } from '../../io/lock.ts';

/**
 * Two that mirror the same release would write into each other's draft.
 * @param directory of the release
 * @throws OperatorError SETS_BUSY, SETS_UNWRITABLE
 */
export async function lockRelease(directory: string): Promise<StateLock> {
  const place = join(dirname(directory), `.${basename(directory)}.lock`);
  try {
    await mkdir(place, { recursive: true, mode: 0o755 });
    return await lockState(place);
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'STATE_LOCKED') {
      throw new OperatorError('SETS_BUSY', `${directory} is being mirrored: ${error.message}`);
    }
    throw new OperatorError('SETS_UNWRITABLE', `${place}: ${messageOf(error)}`, { cause: error });
  }
}
