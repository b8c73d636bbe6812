/**
 * Who may come in, and type. Whoever may use the control socket gets links, each good for one login; a login is a
 * cookie. Pure: tokens are made and hashed elsewhere, and only their hashes are kept here. Times are milliseconds.
 */

/** What a token opens. */
export interface Pass {
  /** Of the human, for those who see what he does. */
  readonly name: string;
  readonly expiresAt: number;
}

export interface Door {
  /** By the hash of the token. */
  readonly links: ReadonlyMap<string, Pass>;
  readonly sessions: ReadonlyMap<string, Pass>;
  /** Wrong guesses, by where they came from. */
  readonly guesses: ReadonlyMap<string, Guesses>;
}

interface Guesses {
  readonly count: number;
  readonly until: number;
}

export const CLOSED_DOOR: Door = { links: new Map(), sessions: new Map(), guesses: new Map() };

export const LINK_MS = 5 * 60_000;
export const SESSION_MS = 12 * 3_600_000;
/** A peer that guessed wrong this often waits until the window ends. */
const MOST_GUESSES = 10;
const GUESS_WINDOW_MS = 60_000;
/** Of each kind; the oldest go first. */
const MOST_KEPT = 1000;

/** @param hash of the link's token */
export function addLink(door: Door, hash: string, name: string, now: number): Door {
  return { ...door, links: put(alive(door.links, now), hash, { name, expiresAt: now + LINK_MS }) };
}

export type Entrance =
  | { readonly kind: 'open'; readonly name: string }
  /** No such link, or it was used, or it is too old. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wait'; readonly seconds: number };

/**
 * Turns a link into a session.
 * @param link hash of the link's token
 * @param session hash of the session's token
 * @param from address of the peer
 */
export function enter(
  door: Door,
  link: string,
  session: string,
  from: string,
  now: number,
): [Door, Entrance] {
  const guessed = door.guesses.get(from);
  const count = guessed !== undefined && guessed.until > now ? guessed.count : 0;
  if (guessed !== undefined && count >= MOST_GUESSES) {
    return [door, { kind: 'wait', seconds: Math.ceil((guessed.until - now) / 1000) }];
  }
  const links = alive(door.links, now);
  const pass = links.get(link);
  if (pass === undefined) {
    const until = count === 0 ? now + GUESS_WINDOW_MS : (guessed?.until ?? now);
    return [
      { ...door, links, guesses: put(door.guesses, from, { count: count + 1, until }) },
      { kind: 'unknown' },
    ];
  }
  links.delete(link);
  const sessions = put(alive(door.sessions, now), session, { name: pass.name, expiresAt: now + SESSION_MS });
  return [
    { ...door, links, sessions },
    { kind: 'open', name: pass.name },
  ];
}

/** @returns the name of the human whose session this is, or null */
export function nameOf({ sessions }: Door, session: string, now: number): string | null {
  const pass = sessions.get(session);
  return pass !== undefined && pass.expiresAt > now ? pass.name : null;
}

export function leave(door: Door, session: string): Door {
  const sessions = new Map(door.sessions);
  sessions.delete(session);
  return { ...door, sessions };
}

function alive(passes: ReadonlyMap<string, Pass>, now: number): Map<string, Pass> {
  return new Map([...passes].filter(([, { expiresAt }]) => expiresAt > now));
}

function put<T>(map: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> {
  const kept = [...map].filter(([each]) => each !== key).slice(1 - MOST_KEPT);
  return new Map([...kept, [key, value]]);
}

/** A browser keeps cookies by name and address, not by port, and servers may share one address. */
const cookieName = (host: string | undefined): string =>
  `puffboot-${/:(\d{1,5})$/.exec(host ?? '')?.[1] ?? 80}`;

/**
 * The session's token out of a Cookie header, or null.
 * @param host the request's Host header
 */
export function tokenOf(cookies: string | undefined, host: string | undefined): string | null {
  return new RegExp(`(?:^|; )${cookieName(host)}=([\\w-]{43})(?:;|$)`).exec(cookies ?? '')?.[1] ?? null;
}

/** Set-Cookie for a token, or for none: then the browser forgets it (RFC 6265 §4.1). */
export function cookieFor(token: string | null, host: string | undefined): string {
  const value = token === null ? '=; Max-Age=0' : `=${token}; Max-Age=${SESSION_MS / 1000}`;
  return `${cookieName(host)}${value}; Path=/; HttpOnly; SameSite=Strict`;
}

/** Who may watch without a login: on loopback, whoever reached it. */
export type Watching = 'anyone' | 'login';
export const watchingAt = (address: string): Watching => (address.startsWith('127.') ? 'anyone' : 'login');

/** A human's name as it is shown to others: nothing that could pass for something else. */
export function visitorName(text: unknown): string {
  const name = typeof text === 'string' ? text.replace(/[^\w.@-]/g, '').slice(0, 32) : '';
  return name === '' ? 'somebody' : name;
}
