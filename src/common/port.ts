/** What every layer may ask of the outside world. Implemented in `src/io/`, faked in `test/fakes/`. */

/** Time. Milliseconds since the epoch everywhere; a pure module is told the time instead of asking. */
export interface Clock {
  now(): number;
  /** Calls `fire` once when `now() >= at`; the returned function cancels it. */
  timer(at: number, fire: () => void): () => void;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log. `event` is a dotted name (`dhcp.dropped`), never a sentence. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const SILENT_LOG: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
