/** What a reader asks about a file, as it came in the request. */
export interface FileHeaders {
  readonly range?: string | undefined;
  readonly ifRange?: string | undefined;
  readonly ifMatch?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
}

export interface FileFacts {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface FileReply {
  readonly status: 200 | 206 | 304 | 412 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** Which bytes of the file are the body. */
  readonly offset: number;
  readonly length: number;
}

/**
 * RFC 9110: validators §8.8, conditions §13, one range §14. More than one range gets the whole file.
 * @param now milliseconds since the epoch: no file is younger than its answer (§8.8.2.1)
 */
export function fileReply(asked: FileHeaders, file: FileFacts, now: number): FileReply {
  const etag = `"${file.size.toString(16)}-${Math.floor(file.modifiedAt).toString(16)}"`;
  const modifiedAt = Math.floor(Math.min(file.modifiedAt, now) / 1000) * 1000;
  const modified = new Date(modifiedAt).toUTCString();
  const validators = { ETag: etag, 'Last-Modified': modified, 'Accept-Ranges': 'bytes' };
  const nothing = { offset: 0, length: 0 };
  if (isAnother(asked, etag, modifiedAt))
    return { status: 412, headers: { ...validators, 'Content-Length': '0' }, ...nothing };
  if (isUnchanged(asked, etag, modifiedAt)) return { status: 304, headers: validators, ...nothing };

  const conditional = asked.ifRange !== undefined && asked.ifRange !== etag;
  const range = conditional || asked.range === undefined ? null : parseRange(asked.range, file.size);
  if (range === 'unsatisfiable') {
    const headers = { ...validators, 'Content-Range': `bytes */${file.size}`, 'Content-Length': '0' };
    return { status: 416, headers, ...nothing };
  }
  const [offset, length] = range ?? [0, file.size];
  const headers = {
    ...validators,
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(length),
    ...(range === null ? {} : { 'Content-Range': `bytes ${offset}-${offset + length - 1}/${file.size}` }),
  };
  return { status: range === null ? 200 : 206, headers, offset, length };
}

/** What the client has is no part of this file (§13.1.1, §13.1.4). The entity tag decides where there is one. */
function isAnother({ ifMatch, ifUnmodifiedSince }: FileHeaders, etag: string, modifiedAt: number): boolean {
  if (ifMatch !== undefined) return !['*', etag].some((tag) => tagsOf(ifMatch).includes(tag));
  return modifiedAt > timeOf(ifUnmodifiedSince);
}

/** The client has all of this file (§13.1.2, §13.1.3). The entity tag decides where there is one. */
function isUnchanged(
  { ifNoneMatch, ifModifiedSince }: FileHeaders,
  etag: string,
  modifiedAt: number,
): boolean {
  if (ifNoneMatch !== undefined)
    return tagsOf(ifNoneMatch).some((tag) => ['*', etag].includes(tag.replace(/^W\//, '')));
  return modifiedAt <= timeOf(ifModifiedSince);
}

const tagsOf = (list: string): readonly string[] => list.split(',').map((tag) => tag.trim());

/** The three forms of §5.6.7, with the name of the zone that strftime(3) gives it somewhere. The last one has none. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} (?:GMT|UTC)|[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d [\d:]{8} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} (\d{4}))$/;

/** @returns milliseconds since the epoch; NaN, which is neither before nor after anything, for what is no date */
function timeOf(text = ''): number {
  const match = HTTP_DATE.exec(text);
  if (match === null) return Number.NaN;
  return Date.parse(match[1] === undefined ? text : `${text} GMT`);
}

/** @returns offset and length; null for what is not a single range and is to be ignored */
function parseRange(text: string, size: number): readonly [number, number] | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(text.trim());
  if (match === null) return null;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return null;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : [size - length, length];
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return null;
  return first >= size ? 'unsatisfiable' : [first, last - first + 1];
}
