import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { OperatorError } from '../../common/error.ts';
import type { Connection } from './connection.ts';
import { SqlError } from './failure.ts';

/** kysely's SQLite, with the database in another thread. The opener of `connection` closes it. */
export function workerDialect(connection: Connection): Dialect {
  return {
    createDriver: () => workerDriver(connection),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new TransactionalAdapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  };
}

/** SQLite does roll back changes of the schema: a migration that fails half way leaves nothing behind. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function workerDriver(connection: Connection): Driver {
  const only: DatabaseConnection = { executeQuery: (query) => execute(connection, query), streamQuery };
  let turn: Promise<void> = Promise.resolve();
  let endTurn: () => void = () => undefined;
  const run = (text: string) => async () => {
    await connection.query(text, []);
  };
  return {
    init: async () => undefined,
    // One connection, one holder at a time: transactions of this process run one after the other.
    async acquireConnection() {
      const before = turn;
      let end: () => void = () => undefined;
      turn = new Promise((resolve) => {
        end = resolve;
      });
      await before;
      endTurn = end;
      return only;
    },
    releaseConnection: async () => endTurn(),
    // IMMEDIATE: a transaction that reads and then writes never finds out late that another one wrote.
    beginTransaction: run('begin immediate'),
    commitTransaction: run('commit'),
    async rollbackTransaction() {
      try {
        await connection.query('rollback', []);
      } catch (error) {
        // SQLite rolls back by itself on a full disk, and a dead thread has rolled back by dying. What went
        // wrong is told by the error that led here.
        if (!isOver(error)) throw error;
      }
    },
    destroy: async () => undefined,
  };
}

const isOver = (error: unknown): boolean =>
  (error instanceof SqlError && error.message.includes('no transaction is active')) ||
  (error instanceof OperatorError && error.code === 'STORE_STOPPED');

async function execute<Row>(connection: Connection, query: CompiledQuery): Promise<QueryResult<Row>> {
  const { rows, changes } = await connection.query(query.sql, query.parameters);
  // The rows' type is kysely's word for the tables; `rows.ts` checks it.
  return { rows: rows as Row[], ...(changes === null ? {} : { numAffectedRows: BigInt(changes) }) };
}

/** Everything here is small enough to be read whole. */
function streamQuery(): never {
  throw new Error('the store does not stream');
}
