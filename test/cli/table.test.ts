import { describe, expect, it } from 'vitest';
import { printable, renderTable, renderTime } from '../../src/cli/table.ts';

describe('table', () => {
  it('aligns columns by characters and leaves no blanks at the end', () => {
    const rows = [
      ['NAME', 'ID'],
      ['ünï', '1', 'x'],
      ['a', ''],
    ];
    expect(renderTable(rows)).toBe('NAME  ID\nünï   1   x\na\n');
  });

  it('writes a time to the second, in UTC', () => {
    expect(renderTime(1_700_000_000_123)).toBe('2023-11-14 22:13:20Z');
  });

  it.each([
    ['colours', '\x1b[1;31mred\x1b[m', 'red'],
    ['lone returns', 'a\rb\r\nc', 'ab\nc'],
    ['eight-bit sequences', 'a\x9b2Jb', 'ab'],
    ['titles', 'a\x1b]0;title\x07b\x1b]0;title\x1b\\c', 'abc'],
    ['a sequence cut short', 'a\x1b[1', 'a1'],
    ['character sets', 'a\x1b(Bb\x1b7c', 'abc'],
    ['direction marks', 'a\u202eb', 'ab'],
  ])('leaves out %s', (_, text, clean) => {
    expect(printable(text)).toBe(clean);
  });
});
