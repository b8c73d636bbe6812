/** What a reader asks about a file, as it came in the request. */
export interface FileHeaders {
  readonly range?: string | undefined;
  readonly ifRange?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
}

export interface FileFacts {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface FileReply {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** Which bytes of the file are the body. */
  readonly offset: number;
  readonly length: number;
}

/** RFC 9110: validators §8.8, conditions §13, one range §14. More than one range gets the whole file. */
export function fileReply(asked: FileHeaders, file: FileFacts): FileReply {
  const etag = `"${file.size.toString(16)}-${Math.floor(file.modifiedAt).toString(16)}"`;
  const modified = new Date(Math.floor(file.modifiedAt / 1000) * 1000);
  const validators = { ETag: etag, 'Last-Modified': modified.toUTCString(), 'Accept-Ranges': 'bytes' };
  if (isUnchanged(asked, etag, modified)) return { status: 304, headers: validators, offset: 0, length: 0 };

  const conditional = asked.ifRange !== undefined && asked.ifRange !== etag;
  const range = conditional || asked.range === undefined ? null : parseRange(asked.range, file.size);
  if (range === 'unsatisfiable') {
    const headers = { ...validators, 'Content-Range': `bytes */${file.size}`, 'Content-Length': '0' };
    return { status: 416, headers, offset: 0, length: 0 };
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

/** The entity tag decides where there is one (RFC 9110 §13.1.3). */
function isUnchanged(asked: FileHeaders, etag: string, modified: Date): boolean {
  if (asked.ifNoneMatch !== undefined) {
    return asked.ifNoneMatch.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
  }
  const since = Date.parse(asked.ifModifiedSince ?? '');
  return !Number.isNaN(since) && modified.getTime() <= since;
}

/** @returns offset and length; null for what is not a single range and is to be ignored */
function parseRange(text: string, size: number): readonly [number, number] | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text.trim());
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
