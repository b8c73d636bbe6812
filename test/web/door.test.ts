import { describe, expect, it } from 'vitest';
import {
  addLink,
  CLOSED_DOOR,
  cookieFor,
  type Door,
  enter,
  LINK_MS,
  leave,
  nameOf,
  SESSION_MS,
  tokenOf,
  visitorName,
  watchingAt,
} from '../../src/web/door.ts';

const withLink = addLink(CLOSED_DOOR, 'link', 'anna', 0);
const knock = (door: Door, link: string, now = 0, from = '192.0.2.1') =>
  enter(door, link, 'session', from, now);

describe('a link', () => {
  it.each([
    ['logs in once', withLink, 'link', 0, 'open'],
    ['logs in until it is too old', withLink, 'link', LINK_MS - 1, 'open'],
    ['is too old after five minutes', withLink, 'link', LINK_MS, 'unknown'],
    ['is used up', knock(withLink, 'link')[0], 'link', 1, 'unknown'],
    ['cannot be guessed', withLink, 'nope', 0, 'unknown'],
    ['is not the empty text', CLOSED_DOOR, '', 0, 'unknown'],
  ] as const)('%s', (_, door, link, now, kind) => {
    expect(knock(door, link, now)[1].kind).toBe(kind);
  });

  it('gives a login under its name for twelve hours, or until it is left', () => {
    const [door] = knock(withLink, 'link', 5);
    expect(nameOf(door, 'session', 5 + SESSION_MS - 1)).toBe('anna');
    expect(nameOf(door, 'session', 5 + SESSION_MS)).toBeNull();
    expect(nameOf(leave(door, 'session'), 'session', 6)).toBeNull();
    expect(nameOf(door, 'another', 6)).toBeNull();
  });

  it('makes whoever guesses wait, and nobody else', () => {
    let door = withLink;
    for (let guess = 0; guess < 10; guess += 1) [door] = knock(door, `guess ${guess}`, guess);
    expect(knock(door, 'link', 30_000)[1]).toEqual({ kind: 'wait', seconds: 30 });
    expect(knock(door, 'link', 30_000, '192.0.2.2')[1].kind).toBe('open');
    expect(knock(door, 'link', 60_000)[1].kind).toBe('open');
  });

  it('leaves no more behind than a server can keep', () => {
    let door = CLOSED_DOOR;
    for (let index = 0; index < 1100; index += 1) {
      door = addLink(door, `link ${index}`, 'anna', 0);
      [door] = knock(door, 'nope', 0, `peer ${index}`);
    }
    expect([door.links.size, door.guesses.size]).toEqual([1000, 1000]);
    expect(knock(door, 'link 1099', 0, 'x')[1].kind).toBe('open');
  });
});

describe('the cookie', () => {
  const token = 'A'.repeat(43);
  it('is for this server alone, and out of reach for scripts and other sites', () => {
    expect(cookieFor(token, '127.0.0.1:8080')).toBe(
      `puffboot-8080=${token}; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict`,
    );
    expect(cookieFor(null, 'localhost')).toContain('puffboot-80=; Max-Age=0;');
  });

  it.each([
    [`puffboot-8080=${token}`, token],
    [`a=b; puffboot-8080=${token}; c=d`, token],
    [`puffboot-8081=${token}`, null],
    [`xpuffboot-8080=${token}`, null],
    ['puffboot-8080=short', null],
    ['', null],
    [undefined, null],
  ])('is read from %s', (header, found) => {
    expect(tokenOf(header, '127.0.0.1:8080')).toBe(found);
  });
});

it.each([
  ['127.0.0.1', 'anyone'],
  ['0.0.0.0', 'login'],
  ['192.0.2.1', 'login'],
])('at %s %s may watch', (address, watching) => {
  expect(watchingAt(address)).toBe(watching);
});

it.each([
  ['anna', 'anna'],
  ['a<b>"c', 'abc'],
  ['', 'somebody'],
  [7, 'somebody'],
  ['x'.repeat(99), 'x'.repeat(32)],
])('%s is shown as %s', (text, name) => {
  expect(visitorName(text)).toBe(name);
});
