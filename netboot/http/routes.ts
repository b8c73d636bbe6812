import { renderResponseFile } from '../../src/autoinstall/response-file.ts';
import { parseLladdr } from '../../src/common/address.ts';
import { OperatorError } from '../../src/common/error.ts';
import type { Armed, CatalogClient, Mode } from '../catalog.ts';
import { armedNow, type Lookup } from '../lookup.ts';

export interface HttpRequest {
  readonly method: string;
  /** As it came: path and query. */
  readonly url: string;
  readonly remoteAddress: string;
}

/** What a request is about, which is told with it even where it is refused. */
export type Subject = 'response-file' | 'install-done' | 'set' | 'other';

interface RouteBase {
  readonly subject: Subject;
  /** The path for log and event: decoded, cut, a token in it masked. */
  readonly shown: string;
  /** The VM, where the asking address or the token is known. */
  readonly client: CatalogClient | null;
}

export type RefusalStatus = 400 | 404 | 405;

export type Route = RouteBase &
  (
    | { readonly kind: 'text'; readonly text: string }
    /** A response file that can be rendered, once its passwords are made. */
    | { readonly kind: 'with-passwords'; readonly armed: Armed }
    /** A file below the sets directory. */
    | { readonly kind: 'file'; readonly path: string }
    /** index.txt of a directory below it, which may lie there or not. */
    | { readonly kind: 'index'; readonly directory: string }
    | { readonly kind: 'done'; readonly token: string }
    | { readonly kind: 'refused'; readonly status: RefusalStatus; readonly reason: string }
  );

interface Asking {
  readonly path: string;
  /** `7.6/amd64`, from `?path=`; null where it was not given. */
  readonly setDirectory: string | null;
  /** Whose address asks; null for a stranger. */
  readonly client: CatalogClient | null;
  readonly lookup: Lookup;
  readonly now: number;
}

/** A group that took no part in the match is undefined. */
type Match = readonly (string | undefined)[];

type RouteRow = readonly [RegExp, (asking: Asking, match: Match) => Route];

/** One row per form of URL that the installer asks for, or that we hand out. */
const ROUTES: readonly RouteRow[] = [
  [/^\/(?:(.+)-)?(install|upgrade)\.conf$/, byAddress],
  [/^\/r\/([A-Za-z0-9_-]+)\/(install|upgrade)\.conf$/, byToken],
  [/^\/install-done(?:\/([A-Za-z0-9_-]+))?$/, installDone],
  [/^\/(pub\/OpenBSD\/(?:\d{1,2}\.\d|snapshots)\/[a-z0-9]+\/[A-Za-z0-9][A-Za-z0-9._-]*)$/, setFile],
];

const LONGEST_SHOWN = 200;

/**
 * What a request is answered with; everything that it may depend on comes in as a value.
 * @param now milliseconds since the epoch
 */
export function route(request: HttpRequest, lookup: Lookup, now: number): Route {
  const client = lookup.byRemote(request.remoteAddress);
  const url = parseUrl(request.url);
  if (url === null) return refused('other', cut(request.url), client, 400, 'is not a URL path');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refused('other', cut(url.path), client, 405, `method ${cut(request.method)}`);
  }
  const asking = { path: url.path, setDirectory: url.setDirectory, client, lookup, now };
  for (const [pattern, answer] of ROUTES) {
    const match = pattern.exec(url.path);
    if (match !== null) return answer(asking, match);
  }
  return refused('other', cut(url.path), client, 404, 'no such path');
}

/** `/aa:bb:cc:dd:ee:ff-install.conf`, `/hostname-install.conf`, `/install.conf`: only from the client's address. */
function byAddress(asking: Asking, [, who = '', mode = '']: Match): Route {
  const refuse = (client: CatalogClient | null, reason: string) =>
    refused('response-file', cut(asking.path), client, 404, reason);
  const { client, lookup } = asking;
  const lladdr = who === '' ? null : parseLladdr(who);
  if (lladdr !== null) {
    const named = lookup.byLladdr(lladdr);
    if (named === null) return refuse(client, `unknown lladdr ${lladdr}`);
    if (named !== client) return refuse(named, `asked from an address other than ${named.address}`);
  }
  if (client === null) return refuse(null, 'asks from an unknown address');
  if (lladdr === null && who !== '' && who !== client.hostName) {
    return refuse(client, `${cut(who)} is not the host name of ${client.name}`);
  }
  return responseFile(asking, client, mode as Mode, cut(asking.path));
}

/** For an installer behind another DHCP server: whoever holds the token, from any address. */
function byToken(asking: Asking, [, token = '', mode = '']: Match): Route {
  const shown = `/r/***/${mode}.conf`;
  const client = asking.lookup.byToken(token);
  if (client === null) return refused('response-file', shown, asking.client, 404, 'unknown token');
  return responseFile(asking, client, mode as Mode, shown);
}

function responseFile(asking: Asking, client: CatalogClient, mode: Mode, shown: string): Route {
  const refuse = (reason: string) => refused('response-file', shown, client, 404, reason);
  const armed = armedNow(client, asking.now);
  if (typeof armed === 'string') return refuse(armed);
  if (armed.mode !== mode) return refuse(`armed for ${armed.mode}, asked for ${mode}`);
  const mismatch = otherKernel(asking.setDirectory, armed);
  if (mismatch !== null) return refuse(mismatch);
  try {
    const text = rendered(armed);
    if (armed.passwords !== undefined && armed.passwords.length > 0) {
      return { kind: 'with-passwords', subject: 'response-file', shown, client, armed };
    }
    return { kind: 'text', subject: 'response-file', shown, client, text };
  } catch (error) {
    if (error instanceof OperatorError) return refuse(error.message);
    throw error;
  }
}

const RENDERED = new WeakMap<Armed, string>();

/** Once for each arming as it was pushed: an installer asks under up to three names, and what is armed never changes. */
function rendered(armed: Armed): string {
  const before = RENDERED.get(armed);
  if (before !== undefined) return before;
  const text = renderResponseFile(armed.answers);
  RENDERED.set(armed, text);
  return text;
}

/** The installer adds the directory of its own release: a ramdisk kernel can only install that. */
function otherKernel(setDirectory: string | null, armed: Armed): string | null {
  if (setDirectory === null || setDirectory === `${armed.release}/${armed.arch}`) return null;
  const [release = ''] = setDirectory.split('/');
  if (release !== armed.release) return `booted ${cut(release)}, wants ${armed.release}`;
  return `booted ${cut(setDirectory)}, wants ${armed.release}/${armed.arch}`;
}

/**
 * Comes from the installed system at the end, and again if it was not heard: also after the arming expired. A site set
 * is made for many VMs and knows no token, so that the address of an armed one is enough, as it is for its answers.
 */
function installDone(asking: Asking, [, token]: Match): Route {
  const shown = token === undefined ? '/install-done' : '/install-done/***';
  const client = token === undefined ? asking.client : asking.lookup.byToken(token);
  const armed = client?.armed ?? null;
  if (client !== null && armed !== null) {
    return { kind: 'done', subject: 'install-done', shown, client, token: armed.token };
  }
  if (token !== undefined) return refused('install-done', shown, asking.client, 404, 'unknown token');
  const reason = client === null ? 'reported from an unknown address' : `${client.name} is not armed`;
  return refused('install-done', shown, client, 404, reason);
}

/** Sets are public: anyone may fetch them. */
function setFile({ client }: Asking, [, path = '']: Match): Route {
  const base = { subject: 'set', shown: `/${path}`, client } as const;
  if (path.endsWith('/index.txt')) return { ...base, kind: 'index', directory: path.slice(0, -10) };
  return { ...base, kind: 'file', path };
}

function refused(
  subject: Subject,
  shown: string,
  client: CatalogClient | null,
  status: RefusalStatus,
  reason: string,
): Route {
  return { kind: 'refused', subject, shown, client, status, reason };
}

/** @returns null unless it is an absolute path that can be decoded to text without control characters */
function parseUrl(url: string): { path: string; setDirectory: string | null } | null {
  if (!url.startsWith('/')) return null;
  const mark = url.indexOf('?');
  const path = decoded(mark < 0 ? url : url.slice(0, mark));
  if (path === null || /[\0-\x1f\x7f]/.test(path)) return null;
  // A directory that was answered with a slash at an end makes two of it; other servers take them for one.
  return {
    path: path.includes('//') ? path.replace(/\/{2,}/g, '/') : path,
    setDirectory: mark < 0 ? null : new URLSearchParams(url.slice(mark)).get('path'),
  };
}

function decoded(path: string): string | null {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return null; // a broken escape
  }
}

function cut(text: string): string {
  const printable = text.replace(/[\0-\x1f\x7f-\x9f]/g, '?');
  return printable.length > LONGEST_SHOWN ? `${printable.slice(0, LONGEST_SHOWN)}...` : printable;
}
