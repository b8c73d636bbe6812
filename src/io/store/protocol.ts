/** What the store and its worker thread say to each other. */

export interface WorkerStart {
  /** The database file. */
  readonly file: string;
}

export type Request =
  | {
      readonly kind: 'query';
      readonly number: number;
      readonly sql: string;
      readonly parameters: readonly unknown[];
    }
  | { readonly kind: 'close'; readonly number: number };

export type Reply =
  | { readonly kind: 'result'; readonly number: number; readonly result: QueryReply }
  | { readonly kind: 'failed'; readonly number: number; readonly failure: SqlFailure };

export interface QueryReply {
  readonly rows: readonly unknown[];
  /** Null for a query that returns rows. */
  readonly changes: number | null;
}

/** An SQLite error; errors lose their `code` when a thread hands them over. */
export interface SqlFailure {
  /** SQLite's extended code, such as `SQLITE_CONSTRAINT_UNIQUE`, or another error's name. */
  readonly code: string;
  readonly message: string;
}
