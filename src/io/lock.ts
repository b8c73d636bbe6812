import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { errnoOf, messageOf, OperatorError } from '../common/error.ts';
import { makeOwnFile } from './own-file.ts';

export interface StateLock {
  /** Lets the next process have the state directory. */
  release(): void;
}

/**
 * Holds a state directory against every other process. The lock is an SQLite transaction that writes
 * nothing, so the kernel ends it with the process, however that dies.
 *
 * @param patienceSeconds how long a holder may take to let go: a command that an operator typed, a process that was
 *        killed and is not gone yet
 * @param waiting told once, should it have to be waited for
 * @throws OperatorError STATE_LOCKED naming the holder's process id, STATE_UNWRITABLE
 */
export async function lockState(
  directory: string,
  patienceSeconds = 0,
  waiting: (reason: string) => void = () => undefined,
): Promise<StateLock> {
  const deadline = Date.now() + patienceSeconds * 1000;
  for (let tries = 0; ; tries++) {
    try {
      return await lockNow(directory);
    } catch (error) {
      const held = error instanceof OperatorError && error.code === 'STATE_LOCKED';
      if (!held || Date.now() >= deadline) throw error;
      if (tries === 0) waiting(error.message);
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

const ASK_AGAIN_MS = 100;

async function lockNow(directory: string): Promise<StateLock> {
  const pidFile = join(directory, 'lock.pid');
  try {
    const lockFile = join(directory, 'lock.sqlite');
    await makeOwnFile(lockFile);
    await makeOwnFile(pidFile);
    const database = hold(lockFile);
    await writeFile(pidFile, `${process.pid}\n`).catch((error: unknown) => {
      database.close();
      throw error;
    });
    return { release: () => database.close() };
  } catch (cause) {
    if (errnoOf(cause) !== 'SQLITE_BUSY') {
      throw new OperatorError('STATE_UNWRITABLE', `cannot lock ${directory}: ${messageOf(cause)}`, { cause });
    }
    const holder = await readFile(pidFile, 'utf8').catch(() => 'unknown');
    throw new OperatorError('STATE_LOCKED', `${directory} is held by process ${holder.trim()}`, { cause });
  }
}

function hold(file: string): Database.Database {
  const database = new Database(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
