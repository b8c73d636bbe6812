import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../common/error.ts';
import type { Clock, Log } from '../../common/port.ts';
import {
  addLink,
  CLOSED_DOOR,
  type Door,
  type Entrance,
  enter,
  leave,
  nameOf,
  type Pass,
} from '../../web/door.ts';

/** Lets people in. Sessions outlive a restart: the file holds hashes of their tokens, never a token. */
export interface Doorkeeper {
  /** @returns the token of a new link */
  link(name: string): string;
  /** @param from address of the peer */
  enter(link: string, from: string): Entrance & { readonly token?: string };
  /** @returns whose session it is, or null */
  nameOf(token: string | null): string | null;
  leave(token: string): void;
}

export interface DoorkeeperParts {
  /** Where sessions are kept; without it they end with this process. */
  readonly file?: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function openDoor({ file, clock, log }: DoorkeeperParts): Doorkeeper {
  let door: Door = file === undefined ? CLOSED_DOOR : { ...CLOSED_DOOR, sessions: readSessions(file) };

  function keep(next: Door): void {
    const changed = next.sessions !== door.sessions;
    door = next;
    if (file === undefined || !changed) return;
    try {
      const temporary = `${file}.new`;
      writeFileSync(temporary, JSON.stringify([...door.sessions]), { mode: 0o600 });
      renameSync(temporary, file);
    } catch (error) {
      log.warn('web.sessions-unwritten', { file, error: messageOf(error) });
    }
  }

  return {
    link(name) {
      const token = newToken();
      keep(addLink(door, hash(token), name, clock.now()));
      log.info('web.link', { name });
      return token;
    },
    enter(link, from) {
      const token = newToken();
      const [next, entrance] = enter(door, hash(link), hash(token), from, clock.now());
      keep(next);
      if (entrance.kind === 'open') log.info('web.login', { name: entrance.name, from });
      else log.warn('web.login-refused', { from, because: entrance.kind });
      return entrance.kind === 'open' ? { ...entrance, token } : entrance;
    },
    nameOf: (token) => (token === null ? null : nameOf(door, hash(token), clock.now())),
    leave(token) {
      log.info('web.logout', { name: nameOf(door, hash(token), clock.now()) });
      keep(leave(door, hash(token)));
    },
  };
}

/** 256 bits. */
const newToken = (): string => randomBytes(32).toString('base64url');

const hash = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** What cannot be read is forgotten: people log in again. */
function readSessions(file: string): ReadonlyMap<string, Pass> {
  try {
    const rows: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return new Map(Array.isArray(rows) ? rows.filter(isRow) : []);
  } catch {
    return new Map();
  }
}

function isRow(row: unknown): row is [string, Pass] {
  if (!Array.isArray(row) || typeof row[0] !== 'string') return false;
  const pass: unknown = row[1];
  if (typeof pass !== 'object' || pass === null || !('name' in pass) || !('expiresAt' in pass)) return false;
  return typeof pass.name === 'string' && typeof pass.expiresAt === 'number';
}
