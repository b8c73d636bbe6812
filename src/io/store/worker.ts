/** The worker thread that owns the SQLite connection, so that a slow disk never stops the event loop. */
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { QueryReply, Reply, Request, SqlFailure, WorkerStart } from './protocol.ts';

/** How long to wait for another process's transaction. */
const BUSY_MILLISECONDS = 10_000;

let database: Database.Database | null = null;

parentPort?.on('message', (request: Request) => {
  const { number } = request;
  parentPort?.postMessage(answer(request, number));
  if (request.kind === 'close') parentPort?.close();
});

function answer(request: Request, number: number): Reply {
  try {
    if (request.kind === 'query') return { kind: 'result', number, result: query(request) };
    database?.close();
    return { kind: 'result', number, result: { rows: [], changes: null } };
  } catch (error) {
    return { kind: 'failed', number, failure: failureOf(error) };
  }
}

function query({ sql, parameters }: Request & { readonly kind: 'query' }): QueryReply {
  database ??= open();
  const statement = database.prepare(sql);
  if (statement.reader) return { rows: statement.all(...parameters), changes: null };
  return { rows: [], changes: statement.run(...parameters).changes };
}

function open(): Database.Database {
  const { file }: WorkerStart = workerData;
  const opened = new Database(file, { timeout: BUSY_MILLISECONDS });
  // FULL: what was acknowledged survives a power cut, in WAL mode too.
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON'])
    opened.pragma(pragma);
  return opened;
}

function failureOf(error: unknown): SqlFailure {
  if (!(error instanceof Error)) return { code: 'UNKNOWN', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { code, message: error.message };
}
