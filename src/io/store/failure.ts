import { type ErrorCode, OperatorError } from '../../common/error.ts';
import type { SqlFailure } from './protocol.ts';

/** An SQLite error that says nothing about the state directory: a broken constraint, or our own mistake. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  /** SQLite's extended code. */
  readonly code: string;

  constructor({ code, message }: SqlFailure) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** SQLite's codes (https://www.sqlite.org/rescode.html) by prefix, the longer ones first. */
const MEANINGS: readonly (readonly [prefix: string, code: ErrorCode, words: string])[] = [
  ['SQLITE_FULL', 'STATE_UNWRITABLE', 'there is no space left for'],
  ['SQLITE_READONLY', 'STATE_UNWRITABLE', 'cannot write'],
  ['SQLITE_CANTOPEN', 'STATE_UNWRITABLE', 'cannot open'],
  ['SQLITE_PERM', 'STATE_UNWRITABLE', 'may not write'],
  ['SQLITE_IOERR', 'STATE_UNWRITABLE', 'cannot read or write'],
  ['SQLITE_BUSY', 'STATE_LOCKED', 'another process has not let go of'],
  ['SQLITE_CORRUPT', 'STATE_DAMAGED', 'SQLite finds damage in'],
  ['SQLITE_NOTADB', 'STATE_DAMAGED', 'this is not a database:'],
];

export function operatorErrorOf(failure: SqlFailure, file: string): Error {
  const cause = new SqlError(failure);
  const meaning = MEANINGS.find(([prefix]) => failure.code.startsWith(prefix));
  if (meaning === undefined) return cause;
  const [, code, words] = meaning;
  return new OperatorError(code, `${words} ${file} (${cause.message})`, { cause });
}
