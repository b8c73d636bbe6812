import fc from 'fast-check';
import { expect, it } from 'vitest';
import { atEnd, BLANK_SCREEN, MAX_LINE, show } from '../../console/screen.ts';

/** The completed lines, then the open one. */
function read(pieces: readonly string[]): string[] {
  const lines: string[] = [];
  const screen = pieces.reduce((before, piece) => show(before, piece, lines), BLANK_SCREEN);
  return [...lines, screen.line];
}

it.each<[string, string, string[]]>([
  ['lines', 'one\r\ntwo\r\nthree', ['one', 'two', 'three']],
  ['bare newlines', 'one\ntwo\n', ['one', 'two', '']],
  ['two ttys, each adding a return', 'halt\r\r\n# ', ['halt', '# ']],
  ['a progress bar', '\rbsd   0% |   |\rbsd 100% |***|\r\n', ['bsd 100% |***|', '']],
  ['a shorter text over a longer one', 'longer\rshort', ['shortr']],
  ['a backspace', 'abd\bc', ['abc']],
  ['a backspace at the start', '\b\bab', ['ab']],
  ['colours', '\x1b[1;31mred\x1b[m plain', ['red plain']],
  ['a character set', '\x1b(Btext', ['text']],
  ['a title that BEL ends', '\x1b]0;title\x07text', ['text']],
  ['a title that ST ends', '\x1b]0;title\x1b\\text', ['text']],
  ['a sequence that noise began', '\x1b]0;never ended\r\nlogin: ', ['', 'login: ']],
  ['a control sequence that a line end cuts', 'a\x1b[12\nb', ['a', 'b']],
  ['control characters', 'a\x00\x01\x0e\x7fb\x84c', ['abc']],
  ['a cancelled sequence', '\x1b[1\x18ok', ['ok']],
  ['tabs', 'a\tb', ['a\tb']],
  ['other alphabets', 'Grüße 🐡\r\n', ['Grüße 🐡', '']],
  [
    'kernel text inside a prompt',
    'Exit to (S)hesyncing disks... done\r\n',
    ['Exit to (S)hesyncing disks... done', ''],
  ],
  [
    'what a kernel message overwrote, between a CR and its LF',
    'CONGRATULATIONS!\rsd1 detached\r\n\nnext',
    ['CONGRATULATIONS!', 'sd1 detachedONS!', '', 'next'],
  ],
])('reads %s', (_, output, lines) => {
  expect(read([output])).toEqual(lines);
  expect(read([...output])).toEqual(lines);
});

it.each([
  ['behind its last character', 'login: ', true],
  ['at its start after a return', 'login: \r', false],
  ['inside it after a backspace', 'login: \b', false],
  ['on an empty line', '', true],
])('knows the cursor %s', (_, output, end) => {
  expect(atEnd(show(BLANK_SCREEN, output, []))).toBe(end);
});

it('completes a line that never ends, so that it holds no more than a line', () => {
  const lines = read(['x'.repeat(MAX_LINE * 2 + 5)]);
  expect(lines.map((line) => line.length)).toEqual([MAX_LINE, MAX_LINE, 5]);
});

/** Output like a console's, with all that moves the cursor. */
const output = fc
  .array(
    fc.oneof(
      fc.constantFrom('\r', '\n', '\r\n', '\b', '\x1b', '\x1b[', '\x1b]', '\x07', ' ', 'a', 'm', '\t'),
      fc.constantFrom('sd1 detached', 'em0: watchdog', 'uid 5 on /: file system full'),
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.string({ minLength: MAX_LINE - 2, maxLength: MAX_LINE + 2 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

it('reads the same however it is cut', () => {
  fc.assert(
    fc.property(output, fc.array(fc.nat({ max: 200 }), { maxLength: 10 }), (text, cuts) => {
      const pieces: string[] = [];
      let start = 0;
      for (const length of cuts) {
        pieces.push(text.slice(start, start + length));
        start += length;
      }
      expect(read([...pieces, text.slice(start)])).toEqual(read([text]));
    }),
  );
});

it('reads anything, and no line is longer than allowed', () => {
  fc.assert(
    fc.property(output, (text) => {
      for (const line of read([text])) expect(line.length).toBeLessThanOrEqual(MAX_LINE);
    }),
  );
});
