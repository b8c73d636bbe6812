import type { BootEvent } from '../catalog.ts';
import type { Route } from './routes.ts';

/** How a request ended. */
export interface Ending {
  readonly status: number;
  readonly bytes: number;
  /** Why the file could not be served after all. */
  readonly reason?: string;
}

/**
 * What is told of a request. Written out in full: in a literal each name behind a spread costs a microsecond or two.
 * @param seconds that it took
 * @param at its end, in milliseconds since the epoch
 */
export function eventOf(found: Route, end: Ending, seconds: number, from: string, at: number): BootEvent {
  const { shown: path } = found;
  const { status, bytes } = end;
  const name = found.client?.name ?? null;
  const reason = found.kind === 'refused' ? found.reason : (end.reason ?? null);
  switch (found.subject) {
    case 'response-file': {
      const outcome = reason === null ? 'served' : 'refused';
      return { kind: 'response-file', at, name, from, path, outcome, reason };
    }
    case 'install-done': {
      const isDone = found.kind === 'done';
      const [token, outcome] = isDone ? ([found.token, 'accepted'] as const) : (['', 'refused'] as const);
      return { kind: 'install-done', at, name, from, token, outcome };
    }
    case 'set': {
      const told = { kind: 'set', at, name, from, path, status, bytes, seconds } as const;
      return reason === null ? told : { reason, ...told };
    }
    case 'other':
      return { kind: 'http', at, name, from, path, status, reason: reason ?? 'no such path' };
  }
}
