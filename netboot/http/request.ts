/** The head of a request, as far as anything here asks what it says. */
export interface RequestHead {
  readonly method: string;
  /** Path and query as they came; without the authority where they came as a whole URL (RFC 9112 §3.2.2). */
  readonly target: string;
  /** Those that matter here, by name in lower case; values of one that is repeated are joined by `, ` (RFC 9110 §5.3). */
  readonly fields: ReadonlyMap<string, string>;
  /** Whether the client may ask again over this connection (RFC 9112 §9.3). */
  readonly keepsAlive: boolean;
  /** Announced; whether one follows is not looked at. */
  readonly hasBody: boolean;
}

export type BrokenStatus = 400 | 414 | 431 | 505;

export type Reading =
  | { readonly kind: 'request'; readonly request: RequestHead; readonly rest: string }
  /** The head has not ended; `rest` is to stand before what arrives next. */
  | { readonly kind: 'more'; readonly rest: string }
  | { readonly kind: 'broken'; readonly status: BrokenStatus; readonly reason: string };

/** Characters of a head with its empty line. */
export const LONGEST_HEAD = 8192;
const MOST_FIELDS = 64;

const EMPTY_LINES = /^(?:\r\n)+/;
/** Nothing of a head may be a control character but CR LF and a tab; neither CR nor LF comes alone (RFC 9112 §2.2). */
const STRAY = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?=[^\n])|(?<!\r)\n/;
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]";
const REQUEST_LINE = `(${TOKEN}{1,32}) ([\\x21-\\x7e]+) HTTP/(\\d)\\.(\\d)\\r\\n`;
/** No blank before the colon, and none before the name: that would go on with the line above (RFC 9112 §5). */
const FIELD_LINE = `${TOKEN}+:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n`;
/** All of a head at once: a quarter of the time of its lines one by one. No part of it can match in two ways. */
const HEAD = new RegExp(`^${REQUEST_LINE}((?:${FIELD_LINE})*)\\r\\n`);
const BEGINS_WELL = new RegExp(`^${REQUEST_LINE}`);
/** Of what the others say nothing here depends. */
const KNOWN_FIELD =
  /(?<=^|\n)(host|connection|content-length|transfer-encoding|range|if-(?:(?:none-)?match|(?:un)?modified-since|range)):([^\r]*)/gi;
const SHORTEST_FIELD = 'a:\r\n'.length;
/** What stands in no name or address of a host with its port (RFC 3986 §3.2.2); a comma only where Host came twice. */
const NOT_OF_A_HOST = /[^\w.~!$&'()*+;=:%[\]-]/;
const AUTHORITY = /^https?:\/\/[^/?#]+(?=[/?#]|$)/i;

/**
 * Takes one head from what a client has sent (RFC 9112 §2 to §5, §9.3):
 *
 *     method SP target SP HTTP/1.x CR LF
 *     name ":" blanks value blanks CR LF      (any number of them)
 *     CR LF
 *
 * What it makes of some bytes does not depend on the pieces in which they arrive.
 * @param unread latin1, from the end of the last head on
 */
export function readRequest(unread: string): Reading {
  const text = unread.startsWith('\r\n') ? unread.replace(EMPTY_LINES, '') : unread;
  const end = text.indexOf('\r\n\r\n');
  const isWhole = end >= 0 && end + 4 <= LONGEST_HEAD;
  const match = isWhole ? HEAD.exec(text) : null;
  if (match !== null) return meaning(match, text.slice(end + 4));
  if (STRAY.test(text.slice(0, isWhole ? end + 2 : LONGEST_HEAD)))
    return broken(400, 'a control character, or half of a line end, in the head');
  if (isWhole) return broken(400, BEGINS_WELL.test(text) ? 'not a header field' : 'not a request line');
  if (text.length < LONGEST_HEAD) return { kind: 'more', rest: text };
  return text.slice(0, LONGEST_HEAD).includes('\r\n')
    ? broken(431, `a head of more than ${LONGEST_HEAD} bytes`)
    : broken(414, `a request line of more than ${LONGEST_HEAD} bytes`);
}

function meaning(match: readonly (string | undefined)[], rest: string): Reading {
  const [, method = '', target = '', major = '', minor = '', lines = ''] = match;
  if (major !== '1') return broken(505, `HTTP/${major}.${minor}`);
  if (lines.length > MOST_FIELDS * SHORTEST_FIELD && lines.split('\n').length - 1 > MOST_FIELDS)
    return broken(431, `more than ${MOST_FIELDS} header fields`);
  const fields = knownFields(lines);
  // Whom else it might mean does not matter here; two readers that disagree do (RFC 9112 §3.2).
  const host = fields.get('host');
  if (host === undefined ? minor !== '0' : NOT_OF_A_HOST.test(host)) return broken(400, 'not one Host');
  if (!isFramed(fields)) return broken(400, 'a body that ends nobody knows where');
  const request = {
    method,
    target: withoutAuthority(target),
    fields,
    keepsAlive: keepsAlive(fields.get('connection'), minor),
    hasBody: fields.has('content-length') || fields.has('transfer-encoding'),
  };
  return { kind: 'request', request, rest };
}

/** No body is read here, but a proxy before us may have read it as a request (RFC 9112 §6.3). */
function isFramed(fields: ReadonlyMap<string, string>): boolean {
  const length = fields.get('content-length');
  const coding = fields.get('transfer-encoding');
  return (
    (length === undefined || /^\d+$/.test(length)) &&
    (coding === undefined || /(?:^|[,\t ])chunked$/i.test(coding))
  );
}

function knownFields(lines: string): Map<string, string> {
  const fields = new Map<string, string>();
  KNOWN_FIELD.lastIndex = 0;
  for (let found = KNOWN_FIELD.exec(lines); found !== null; found = KNOWN_FIELD.exec(lines)) {
    const name = (found[1] ?? '').toLowerCase();
    const value = trimmed(found[2] ?? '');
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
}

/** Of blanks alone; a pattern for both ends would take a time that grows with the square of a long blank. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

function withoutAuthority(target: string): string {
  if (target.startsWith('/')) return target;
  const path = target.replace(AUTHORITY, '');
  return path === target || path.startsWith('/') ? path : `/${path}`;
}

function keepsAlive(connection: string | undefined, minor: string): boolean {
  if (connection === undefined) return minor !== '0';
  const options = connection.toLowerCase().split(',').map(trimmed);
  if (options.includes('close')) return false;
  return minor !== '0' || options.includes('keep-alive');
}

function broken(status: BrokenStatus, reason: string): Reading {
  return { kind: 'broken', status, reason };
}
