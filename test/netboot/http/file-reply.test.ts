import { describe, expect, it } from 'vitest';
import { type FileHeaders, fileReply as replyAt } from '../../../netboot/http/file-reply.ts';

const NOW = Date.UTC(2026, 0, 1);
const fileReply = (asked: FileHeaders, file: typeof FILE) => replyAt(asked, file, NOW);
const FILE = { size: 1000, modifiedAt: Date.UTC(2025, 0, 1, 12, 0, 0, 250) };
const { ETag: ETAG = '' } = fileReply({}, FILE).headers;

describe('fileReply', () => {
  it('sends the whole file with its validators', () => {
    expect(fileReply({}, FILE)).toMatchObject({
      status: 200,
      offset: 0,
      length: 1000,
      headers: {
        'Content-Length': '1000',
        'Accept-Ranges': 'bytes',
        'Last-Modified': 'Wed, 01 Jan 2025 12:00:00 GMT',
      },
    });
    expect(ETAG).toMatch(/^"[0-9a-f]+-[0-9a-f]+"$/);
  });

  it.each([
    ['the beginning', 'bytes=0-99', 206, 0, 100, 'bytes 0-99/1000'],
    ['the rest', 'bytes=900-', 206, 900, 100, 'bytes 900-999/1000'],
    ['the end', 'bytes=-10', 206, 990, 10, 'bytes 990-999/1000'],
    ['more than there is', 'bytes=500-5000', 206, 500, 500, 'bytes 500-999/1000'],
    ['a longer end than the file', 'bytes=-5000', 206, 0, 1000, 'bytes 0-999/1000'],
    ['a unit in capitals', 'Bytes=0-0', 206, 0, 1, 'bytes 0-0/1000'],
    ['behind the end', 'bytes=1000-', 416, 0, 0, 'bytes */1000'],
    ['no bytes of the end', 'bytes=-0', 416, 0, 0, 'bytes */1000'],
    ['backwards', 'bytes=9-5', 200, 0, 1000, undefined],
    ['two ranges', 'bytes=0-1,5-6', 200, 0, 1000, undefined],
    ['another unit', 'lines=0-1', 200, 0, 1000, undefined],
    ['nonsense', 'bytes=-', 200, 0, 1000, undefined],
  ])('%s', (_, range, status, offset, length, contentRange) => {
    const reply = fileReply({ range }, FILE);
    expect(reply).toMatchObject({ status, offset, length });
    expect(reply.headers['Content-Range']).toBe(contentRange);
    expect(reply.headers['Content-Length']).toBe(String(length));
  });

  it.each([
    ['the same tag', { ifNoneMatch: ETAG }, 304],
    ['the same tag among others', { ifNoneMatch: `"x", W/${ETAG}` }, 304],
    ['any tag', { ifNoneMatch: '*' }, 304],
    ['another tag', { ifNoneMatch: '"x"' }, 200],
    [
      'another tag and a later date',
      { ifNoneMatch: '"x"', ifModifiedSince: 'Thu, 02 Jan 2025 12:00:00 GMT' },
      200,
    ],
    ['its date', { ifModifiedSince: 'Wed, 01 Jan 2025 12:00:00 GMT' }, 304],
    ['an earlier date', { ifModifiedSince: 'Tue, 31 Dec 2024 12:00:00 GMT' }, 200],
    ['its date in the form of RFC 850', { ifModifiedSince: 'Wednesday, 01-Jan-25 12:00:00 GMT' }, 304],
    ['its date in the form of asctime', { ifModifiedSince: 'Wed Jan  1 12:00:00 2025' }, 304],
    ['an earlier date in that form', { ifModifiedSince: 'Wed Jan  1 11:59:59 2025' }, 200],
    [
      'its date in the zone of another strftime(3)',
      { ifModifiedSince: 'Wed, 01 Jan 2025 12:00:00 UTC' },
      304,
    ],
    ['no date', { ifModifiedSince: 'yesterday' }, 200],
    ['a year, which is no date', { ifModifiedSince: '2094' }, 200],
    ['a month that is none', { ifModifiedSince: 'Wed, 01 Xxx 2025 12:00:00 GMT' }, 200],
    ['two dates', { ifModifiedSince: `${Array(2).fill('Wed, 01 Jan 2025 12:00:00 GMT')}` }, 200],
    ['the rest of this file', { range: 'bytes=9-', ifMatch: `"x", ${ETAG}` }, 206],
    ['the rest of any file', { range: 'bytes=9-', ifMatch: '*' }, 206],
    ['the rest of another', { range: 'bytes=9-', ifMatch: '"x"' }, 412],
    ['the rest of a similar one', { range: 'bytes=9-', ifMatch: `W/${ETAG}` }, 412],
    [
      'the rest of a file of its date',
      { range: 'bytes=9-', ifUnmodifiedSince: 'Wed, 01 Jan 2025 12:00:00 GMT' },
      206,
    ],
    [
      'the rest of an older file',
      { range: 'bytes=9-', ifUnmodifiedSince: 'Wed, 01 Jan 2025 11:59:59 GMT' },
      412,
    ],
    ['the rest of a file of no date', { range: 'bytes=9-', ifUnmodifiedSince: 'yesterday' }, 206],
    [
      'this file, whatever its date',
      { ifMatch: ETAG, ifUnmodifiedSince: 'Wed, 01 Jan 2025 11:59:59 GMT' },
      200,
    ],
    ['another file, which the client has', { ifMatch: '"x"', ifNoneMatch: ETAG }, 412],
    ['a range of this file', { range: 'bytes=0-1', ifRange: ETAG }, 206],
    ['a range of another', { range: 'bytes=0-1', ifRange: '"x"' }, 200],
  ])('%s', (_, headers, status) => {
    expect(fileReply(headers, FILE).status).toBe(status);
  });

  it('says no date that has not come yet', () => {
    const { headers } = replyAt({}, { ...FILE, modifiedAt: NOW + 3_600_000 }, NOW + 999);
    expect(headers['Last-Modified']).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
  });

  it('of a file that is not as the client wants it has no body', () => {
    const { headers, length } = fileReply({ ifMatch: '"x"' }, FILE);
    expect([headers['Content-Length'], length]).toEqual(['0', 0]);
  });
});
