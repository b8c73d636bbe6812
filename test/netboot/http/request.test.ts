import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_HEAD, type RequestHead, readRequest } from '../../../netboot/http/request.ts';

const crlf = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');
const head = (...lines: readonly string[]): string => crlf(...lines, '');

/** All that the bytes mean when they arrive in these pieces: requests, then at most one thing that is none. */
function readAll(pieces: readonly string[]): { requests: RequestHead[]; end: string } {
  const requests: RequestHead[] = [];
  let unread = '';
  for (const piece of pieces) {
    unread += piece;
    for (;;) {
      const reading = readRequest(unread);
      if (reading.kind === 'broken') return { requests, end: `${reading.status} ${reading.reason}` };
      unread = reading.rest;
      if (reading.kind === 'more') break;
      requests.push(reading.request);
    }
  }
  return { requests, end: unread };
}

const only = (text: string): RequestHead => {
  const { requests, end } = readAll([text]);
  expect({ count: requests.length, end }).toEqual({ count: 1, end: '' });
  return requests[0] as RequestHead;
};

describe('a request', () => {
  it.each<[string, string, Partial<RequestHead>]>([
    [
      'of an installer',
      head('GET /install.conf?path=7.6/amd64 HTTP/1.1', 'Host: 10.77.0.1'),
      {
        ...{ method: 'GET', target: '/install.conf?path=7.6/amd64', keepsAlive: true, hasBody: false },
        fields: new Map([['host', '10.77.0.1']]),
      },
    ],
    ['of an ftp(1) of 1999', head('GET /index.txt HTTP/1.0'), { target: '/index.txt', keepsAlive: false }],
    [
      'of HTTP/1.0 that asks for more',
      head('GET / HTTP/1.0', 'Connection: Keep-Alive'),
      { keepsAlive: true },
    ],
    ['the last one', head('GET / HTTP/1.1', 'Host: x', 'Connection: TE, Close'), { keepsAlive: false }],
    ['of another minor version', head('GET / HTTP/1.3', 'Host: x'), { keepsAlive: true }],
    ['behind empty lines', crlf('', '') + head('GET / HTTP/1.1', 'Host: x'), { target: '/' }],
    ['another method', head('BREW /pot HTTP/1.1', 'Host: x'), { method: 'BREW', target: '/pot' }],
    ['for a whole URL', head('GET http://boot:80/a?b HTTP/1.1', 'Host: boot'), { target: '/a?b' }],
    ['for a host alone', head('GET HTTP://boot HTTP/1.1', 'Host: boot'), { target: '/' }],
    ['for a host with a query', head('GET http://boot?x HTTP/1.1', 'Host: boot'), { target: '/?x' }],
    ['for an authority', head('CONNECT boot:80 HTTP/1.1', 'Host: boot'), { target: 'boot:80' }],
    ['for everything', head('OPTIONS * HTTP/1.1', 'Host: boot'), { target: '*' }],
    ['with a length', head('GET / HTTP/1.1', 'Host: x', 'content-LENGTH: 3'), { hasBody: true }],
    [
      'compressed, in chunks',
      head('GET / HTTP/1.1', 'Host: x', 'Transfer-Encoding: gzip, Chunked'),
      { hasBody: true },
    ],
    ['for an IPv6 address', head('GET / HTTP/1.1', 'Host: [fe80::1%25em0]:8080'), { target: '/' }],
    ['in chunks', head('GET / HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked'), { hasBody: true }],
    [
      'with blanks about its values',
      head('GET / HTTP/1.1', 'Host:x', 'Range:\t bytes=1-2 \t', 'If-Range:', 'Connection:  '),
      {
        fields: new Map([
          ['host', 'x'],
          ['range', 'bytes=1-2'],
          ['if-range', ''],
          ['connection', ''],
        ]),
      },
    ],
    [
      'with a field twice',
      head('GET / HTTP/1.1', 'Host: x', 'If-None-Match: "a"', 'IF-NONE-MATCH: "b"'),
      {
        fields: new Map([
          ['host', 'x'],
          ['if-none-match', '"a", "b"'],
        ]),
      },
    ],
    [
      'with every condition',
      head('GET / HTTP/1.1', 'Host: x', 'If-Match: a', 'If-Unmodified-Since: b', 'If-Modified-Since: c'),
      {
        fields: new Map([
          ['host', 'x'],
          ['if-match', 'a'],
          ['if-unmodified-since', 'b'],
          ['if-modified-since', 'c'],
        ]),
      },
    ],
    [
      'with bytes beyond ASCII in a value',
      head('GET / HTTP/1.1', 'Host: x', 'If-Range: \xe9\xff'),
      {
        fields: new Map([
          ['host', 'x'],
          ['if-range', '\xe9\xff'],
        ]),
      },
    ],
    [
      'with fields that do not matter, and some that look like others',
      head('GET / HTTP/1.1', 'X-Host: y', 'Host: x', 'User-Agent: curl\tRange: a', 'Ranges: bytes=1-2'),
      { fields: new Map([['host', 'x']]) },
    ],
    ['with no Host but an empty one', head('GET / HTTP/1.1', 'Host:'), { target: '/' }],
  ])('%s', (_, text, expected) => {
    expect(only(text)).toMatchObject(expected);
  });

  it('is as long as it may be, and no longer', () => {
    const [before, after] = ['GET / HTTP/1.1\r\nHost: x\r\nX: ', '\r\n\r\n'];
    const longest = before + 'x'.repeat(LONGEST_HEAD - before.length - after.length) + after;
    expect(only(longest).target).toBe('/');
    expect(readRequest(longest.replace('X: ', 'X: x'))).toMatchObject({ kind: 'broken', status: 431 });
  });

  it('comes with the next ones', () => {
    const { requests, end } = readAll([
      [head('GET /1 HTTP/1.1', 'Host: x'), head('HEAD /2 HTTP/1.0'), crlf(''), 'GET /3'].join(''),
    ]);
    expect(requests.map(({ method, target }) => method + target)).toEqual(['GET/1', 'HEAD/2']);
    expect(end).toBe('GET /3');
  });
});

describe('no request', () => {
  const host = 'Host: x';
  it.each<[string, string, number]>([
    ['what TLS begins with', '\x16\x03\x01\x02\x00\x01\x00', 400],
    ['a NUL', head('GET /a\0b HTTP/1.1', host), 400],
    ['a NUL in a value', head('GET / HTTP/1.1', host, 'X: a\0b'), 400],
    ['DEL', head('GET / HTTP/1.1', host, 'X: \x7f'), 400],
    ['a bare LF', `GET / HTTP/1.1\n${host}\n\n`, 400],
    ['a bare LF at the end', `GET / HTTP/1.1\r\n${host}\n\r\n`, 400],
    ['a bare CR', head('GET / HTTP/1.1', `${host}\rX: y`), 400],
    ['two CR', head('GET / HTTP/1.1', `${host}\r`), 400],
    ['a folded line', head('GET / HTTP/1.1', host, 'X: a', ' b'), 400],
    ['a line folded by a tab', head('GET / HTTP/1.1', host, 'X: a', '\tb'), 400],
    ['a blank before the colon', head('GET / HTTP/1.1', 'Host : x'), 400],
    ['no colon', head('GET / HTTP/1.1', host, 'X'), 400],
    ['no name', head('GET / HTTP/1.1', host, ': x'), 400],
    ['a name with a blank', head('GET / HTTP/1.1', host, 'X Y: z'), 400],
    ['a name beyond ASCII', head('GET / HTTP/1.1', host, 'X\xe9: z'), 400],
    ['no Host', head('GET / HTTP/1.1'), 400],
    ['two Hosts', head('GET / HTTP/1.1', host, 'hOST: y'), 400],
    ['two Hosts in HTTP/1.0', head('GET / HTTP/1.0', host, 'Host: y'), 400],
    ['a Host with a blank', head('GET / HTTP/1.1', 'Host: x y'), 400],
    ['a Host with a path', head('GET / HTTP/1.1', 'Host: x/y'), 400],
    ['a Host with a user', head('GET / HTTP/1.0', 'Host: me@x'), 400],
    ['a length that is none', head('GET / HTTP/1.1', host, 'Content-Length: abc'), 400],
    ['a length below nothing', head('GET / HTTP/1.1', host, 'Content-Length: -1'), 400],
    ['no length', head('GET / HTTP/1.1', host, 'Content-Length:'), 400],
    ['two lengths', head('GET / HTTP/1.1', host, 'Content-Length: 1', 'Content-Length: 2'), 400],
    ['a coding that does not end', head('GET / HTTP/1.1', host, 'Transfer-Encoding: chunked, gzip'), 400],
    ['a coding like another', head('GET / HTTP/1.1', host, 'Transfer-Encoding: xchunked'), 400],
    ['no version', head('GET /'), 400],
    ['no target', head('GET  HTTP/1.1', host), 400],
    ['two blanks', head('GET  / HTTP/1.1', host), 400],
    ['a blank behind', head('GET / HTTP/1.1 ', host), 400],
    ['a blank before', head(' GET / HTTP/1.1', host), 400],
    ['a tab between', head('GET\t/ HTTP/1.1', host), 400],
    ['a blank in the target', head('GET /a b HTTP/1.1', host), 400],
    ['a target beyond ASCII', head('GET /\xe9 HTTP/1.1', host), 400],
    ['a method that is no word', head('G@T / HTTP/1.1', host), 400],
    ['a method without end', head(`${'G'.repeat(33)} / HTTP/1.1`, host), 400],
    ['http in small letters', head('GET / http/1.1', host), 400],
    ['HTTP/2', head('PRI * HTTP/2.0') + crlf('SM', ''), 505],
    ['HTTP/0.9 in full', head('GET / HTTP/0.9'), 505],
    ['a version of two digits', head('GET / HTTP/1.10', host), 400],
    ['too many fields', head('GET / HTTP/1.1', host, ...Array<string>(64).fill('X: y')), 431],
    ['a line without end', `GET /${'x'.repeat(LONGEST_HEAD)}`, 414],
    ['a line that ends too late', head(`GET /${'x'.repeat(LONGEST_HEAD)} HTTP/1.1`, host), 414],
    ['a field without end', `GET / HTTP/1.1\r\nX: ${' '.repeat(LONGEST_HEAD)}`, 431],
    ['empty lines within', `${crlf('')}\n`, 400],
  ])('%s', (_, text, status) => {
    const { requests, end } = readAll([text]);
    expect(requests).toEqual([]);
    expect(end).toMatch(new RegExp(`^${status} `));
  });
});

/** Mostly what means something in a head, so that some of it becomes requests. */
const WORDS = [
  ...[
    'GET',
    'HEAD',
    ' ',
    '/',
    '/a',
    ' HTTP/1.1',
    ' HTTP/1.0',
    '\r\n',
    '\r',
    '\n',
    '\r\n\r\n',
    ':',
    'Host: x',
  ],
  ...[
    'Connection: close',
    'Content-Length: 1',
    '\t',
    '\0',
    '\x7f',
    '\xff',
    ',',
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  ],
  ...['GET /b HTTP/1.0\r\n\r\n', 'x'.repeat(1500), 'X: y\r\n'.repeat(30)],
];
const someBytes = fc.oneof(
  fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...WORDS) }, { weight: 1, arbitrary: fc.string() }),
  ),
  fc.array(
    fc.constantFrom('GET /b HTTP/1.0\r\n\r\n', 'HEAD / HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n', '\r\n', '\r'),
  ),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => [Buffer.from(bytes).toString('latin1')]),
);

describe('any bytes', () => {
  it('mean the same in whatever pieces they arrive, and never throw', () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }));
    fc.assert(
      fc.property(someBytes, cuts, (words, places) => {
        const text = Buffer.from(words.join(''), 'latin1').toString('latin1');
        const ends = [0, ...places.map((place) => Math.floor(place * text.length)), text.length];
        ends.sort((a, b) => a - b);
        const pieces = ends.slice(1).map((end, index) => text.slice(ends[index], end));
        expect(readAll(pieces)).toEqual(readAll([text]));
      }),
      { numRuns: 500 },
    );
  });

  it('byte by byte too', () => {
    fc.assert(
      fc.property(someBytes, (words) => {
        const text = words.join('').slice(0, 400);
        expect(readAll([...Buffer.from(text, 'latin1').toString('latin1')])).toEqual(
          readAll([Buffer.from(text, 'latin1').toString('latin1')]),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('leave nothing of a client in what is told of a broken request', () => {
    fc.assert(
      fc.property(someBytes, (words) => {
        const reading = readRequest(words.join(''));
        if (reading.kind === 'broken') expect(reading.reason).toMatch(/^[A-Za-z0-9 ,/.]+$/);
      }),
    );
  });
});
