import { type Kysely, Migrator } from 'kysely';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { Log } from '../../common/port.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Tables } from './tables.ts';

/**
 * Brings the database to the newest shape, in one transaction.
 * @throws OperatorError STATE_DAMAGED for a database that the migrations do not fit, such as a newer one's
 */
export async function migrate(database: Kysely<Tables>, file: string, log: Log): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error instanceof OperatorError) throw error;
  if (error !== undefined) {
    const why = `cannot bring ${file} up to date; was it written by a newer puffboot? (${messageOf(error)})`;
    throw new OperatorError('STATE_DAMAGED', why, { cause: error });
  }
  for (const { migrationName } of results) log.info('store.migrated', { file, migration: migrationName });
}
