import { execFile } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { messageOf, OperatorError } from '../../common/error.ts';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/**
 * As whom a child runs: the named user when started as root, else whoever started it.
 * @throws OperatorError USER_MISSING
 */
export async function identityOf(user: string): Promise<Identity | null> {
  if (process.getuid?.() !== 0 || userInfo().username === user) return null;
  try {
    const [uid, gid] = await Promise.all([id('-u', user), id('-g', user)]);
    return { uid, gid };
  } catch (cause) {
    throw new OperatorError('USER_MISSING', `started as root, but there is no user ${user} to become`, {
      cause,
    });
  }
}

async function id(flag: '-u' | '-g', user: string): Promise<number> {
  const { stdout } = await promisify(execFile)('id', [flag, user]);
  return Number(stdout.trim());
}

/** Makes the state directory of a process, for its user and group alone unless `mode` says otherwise. */
export async function prepareStateDirectory(
  directory: string,
  owner: Identity | null,
  mode = 0o750,
): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode });
    if (owner !== null) await chown(directory, owner.uid, owner.gid);
  } catch (cause) {
    throw new OperatorError('STATE_UNWRITABLE', `${directory}: ${messageOf(cause)}`, { cause });
  }
}
