import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unifiedDiff } from '../../../src/host/plan/unified-diff.ts';

const lines = (...words: readonly string[]) => words.map((word) => `${word}\n`).join('');

describe('unified diff', () => {
  it.each([
    ['nothing of equal texts', 'a\n', 'a\n', ''],
    ['a new file', null, 'a\nb\n', '--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n'],
    ['a file that was emptied', 'a\n', '', '--- f\n+++ f\n@@ -1 +0,0 @@\n-a\n'],
    [
      'a last line without a newline',
      'a\nb',
      'a\nc',
      '--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n',
    ],
    [
      'two changes near each other as one hunk',
      lines('1', '2', '3', '4', '5', '6', '7', '8'),
      lines('1', 'x', '3', '4', '5', '6', 'y', '8'),
      '--- f\n+++ f\n@@ -1,8 +1,8 @@\n 1\n-2\n+x\n 3\n 4\n 5\n 6\n-7\n+y\n 8\n',
    ],
    [
      'two changes far from each other as two',
      lines('1', '2', '3', '4', '5', '6', '7', '8', '9'),
      lines('x', '2', '3', '4', '5', '6', '7', '8', 'y'),
      '--- f\n+++ f\n@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+y\n',
    ],
  ])('shows %s', (_, before, after, expected) => {
    expect(unifiedDiff('f', before, after)).toBe(expected);
  });

  it('makes the new text of the old one, whatever they are', () => {
    const text = fc
      .array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n'), { maxLength: 25 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(patched(before, unifiedDiff('f', before, after))).toBe(after);
      }),
    );
  });
});

/** What patch(1) would make of it; refuses a diff that does not fit. */
function patched(before: string, diff: string): string {
  const old = before.match(/[^\n]*\n/g) ?? [];
  const made: string[] = [];
  let at = 0;
  for (const line of diff.split('\n').slice(2, -1)) {
    const [, start = '', count = '1'] = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line) ?? [];
    if (start !== '') {
      const begin = count === '0' ? Number(start) : Number(start) - 1;
      made.push(...old.slice(at, begin));
      at = begin;
      continue;
    }
    const [sign, rest] = [line[0], `${line.slice(1)}\n`];
    if (sign !== '+') expect(old[at++]).toBe(rest);
    if (sign !== '-') made.push(rest);
  }
  return [...made, ...old.slice(at)].join('');
}
