import { join } from 'node:path';
import { Kysely } from 'kysely';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { Log } from '../../common/port.ts';
import type { InstallStore } from '../../install/store.ts';
import type { LifeStore, VmStore } from '../../inventory/store.ts';
import { makeOwnFile } from '../own-file.ts';
import { openConnection } from './connection.ts';
import { workerDialect } from './dialect.ts';
import { installStore } from './install-store.ts';
import { lifeStore } from './life-store.ts';
import { migrate } from './migrate.ts';
import type { Tables } from './tables.ts';
import { vmStore } from './vm-store.ts';

export interface Store extends VmStore, InstallStore, LifeStore {
  /** Resolves when everything is on the disk and the file is closed. */
  close(): Promise<void>;
}

/**
 * The store of a state directory: SQLite, made or brought up to date as needed.
 * @throws OperatorError STATE_UNWRITABLE, STATE_DAMAGED, STATE_LOCKED
 */
export async function openStore(directory: string, { log }: { readonly log: Log }): Promise<Store> {
  const file = join(directory, 'puffboot.sqlite');
  await makeFile(file);
  const connection = openConnection(file);
  const database = new Kysely<Tables>({ dialect: workerDialect(connection) });
  try {
    await migrate(database, file, log);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return {
    ...vmStore(database),
    ...installStore(database),
    ...lifeStore(database),
    async close() {
      await database.destroy();
      await connection.close();
    },
  };
}

/** It holds the tokens of installs. SQLite gives its other files the same owner and mode. */
async function makeFile(file: string): Promise<void> {
  try {
    await makeOwnFile(file);
  } catch (cause) {
    throw new OperatorError('STATE_UNWRITABLE', `cannot write ${file}: ${messageOf(cause)}`, { cause });
  }
}
