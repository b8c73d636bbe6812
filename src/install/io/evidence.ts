import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoOf } from '../../common/error.ts';
import type { InstallView } from '../../web/operator.ts';

/**
 * What the machine said of a failed install. The file is the one that the install names, never one of the request.
 * @param directory of the recordings
 * @returns null where there is none, or no more
 */
export async function readEvidence(directory: string, install: InstallView | null): Promise<string | null> {
  const file = install?.failure?.evidence;
  if (file === undefined) return null;
  try {
    return await readFile(join(directory, basename(file)), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
