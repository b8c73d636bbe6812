import { describe, expect, it } from 'vitest';
import { indexText } from '../../../netboot/http/index-text.ts';

const NOON = Date.UTC(2024, 9, 1, 12);
const line = (name: string) => `-rw-r--r--  1 0  0  4721152 Oct  1 12:00:00 2024 ${name}\n`;
const SITE = line('site76.tgz');

describe('index.txt', () => {
  it.each<[string, readonly string[], string | null, string]>([
    ['of all that is there, where there is none', ['bsd.rd', 'site76.tgz'], null, line('bsd.rd') + SITE],
    ['with the site set that it does not name', ['bsd.rd', 'site76.tgz'], 'a bsd\n', `a bsd\n${SITE}`],
    ['with one for a host', ['site76-web.tgz'], 'a bsd\n', `a bsd\n${line('site76-web.tgz')}`],
    ['as it is, where it names all', ['site76.tgz', 'index.txt'], SITE, SITE],
    ['with its last line ended', ['site76.tgz'], 'a bsd', `a bsd\n${SITE}`],
    ['with an empty file', ['site76.tgz', 'bsd'], '', SITE],
    // What follows the installer does not see: its pattern is `^.* ([a-zA-Z][a-zA-Z0-9._-]+)$`.
    ['of bare names', ['site76.tgz'], 'bsd\nsite76.tgz\n', `bsd\nsite76.tgz\n${SITE}`],
    ['of names behind a tab', ['site76.tgz'], '4\tsite76.tgz\n', `4\tsite76.tgz\n${SITE}`],
    ['of lines in CR LF', ['site76.tgz'], 'a site76.tgz\r\n', `a site76.tgz\r\n${SITE}`],
    [
      'without names that cannot be fetched',
      ['bsd', '.a', 'site76-a+b.tgz', 'x\na bsd.mp'],
      null,
      line('bsd'),
    ],
    ['without names of which the end would be taken for another', ['old base76.tgz'], null, ''],
  ])('%s', (_, names, index, text) => {
    const files = names.map((name) => ({ name, size: 4_721_152, modifiedAt: NOON }));
    expect(indexText(index, files)).toBe(text);
  });
});
