import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Answer, parseResponseFile, renderResponseFile } from '../../src/autoinstall/response-file.ts';
import { OperatorError } from '../../src/common/error.ts';

it.each<[string, string, Answer[]]>([
  ['a line', 'System hostname = puffy\n', [{ key: 'System hostname', value: 'puffy' }]],
  ['no blanks', 'System hostname=puffy', [{ key: 'System hostname', value: 'puffy' }]],
  ['tabs', '\tSystem hostname\t=\tpuffy\t\n', [{ key: 'System hostname', value: 'puffy' }]],
  ['`=` in the value', 'HTTP Server = http://h/?a=b', [{ key: 'HTTP Server', value: 'http://h/?a=b' }]],
  ['a comment', '# System hostname = puffy\n', []],
  ['an indented comment', '  # System hostname = puffy\n', []],
  ['a line starting with !', '!System hostname = puffy\n', []],
  ['no value', 'System hostname =\n', []],
  ['a blank value', 'System hostname =   \n', []],
  ['no key', ' = puffy\n', []],
  ['no `=`', 'System hostname puffy\n', []],
  ['CR LF', 'System hostname = puffy\r\n', [{ key: 'System hostname', value: 'puffy' }]],
  ['a password', 'Password for root = x', [{ key: 'Password for root', value: 'x', secret: true }]],
  ['an ssh key', 'Public ssh key = k c', [{ key: 'Public ssh key', value: 'k c', secret: true }]],
  [
    'order',
    'b = 1\na = 2\nb = 3\n',
    [
      { key: 'b', value: '1' },
      { key: 'a', value: '2' },
      { key: 'b', value: '3' },
    ],
  ],
])('parses %s', (_, text, answers) => {
  expect(parseResponseFile(text, 'install.conf')).toEqual(answers);
});

it('refuses a binary file by name', () => {
  expect(() => parseResponseFile('a = b\0', 'bsd.rd')).toThrow(/^bsd\.rd is not a text file/);
});

it('renders one line an answer', () => {
  const answers = [
    { key: 'System hostname', value: 'puffy' },
    { key: 'Password for root', value: 's = 3', secret: true },
  ];
  expect(renderResponseFile(answers)).toBe('System hostname = puffy\nPassword for root = s = 3\n');
});

it.each<[string, Answer, RegExp]>([
  ['a newline in the value', { key: 'a', value: 'b\nc = d' }, /line break/],
  ['a carriage return in the value', { key: 'a', value: 'b\r' }, /line break/],
  ['a newline in the key', { key: 'a\nb', value: 'c' }, /line break/],
  ['a NUL', { key: 'a', value: 'b\0' }, /NUL/],
  ['`=` in the key', { key: 'a=b', value: 'c' }, /contains `=`/],
  ['a key starting with #', { key: '#a', value: 'c' }, /comment/],
  ['a key starting with !', { key: '!a', value: 'c' }, /comment/],
  ['an empty key', { key: '', value: 'c' }, /question is empty/],
  ['an empty value', { key: 'a', value: '' }, /answer is empty/],
  ['a value that would be trimmed', { key: 'a', value: ' b' }, /starts or ends with a blank/],
])('refuses to render %s', (_, answer, message) => {
  expect(() => renderResponseFile([answer])).toThrow(OperatorError);
  expect(() => renderResponseFile([answer])).toThrow(message);
});

it('never shows a secret in a refusal', () => {
  expect(() => renderResponseFile([{ key: 'Password for root', value: 'hunter2\n' }])).toThrow(/\*\*\*/);
  expect(() => renderResponseFile([{ key: 'x', value: 'hunter2\n', secret: true }])).not.toThrow(/hunter2/);
});

it('reads back what it wrote', () => {
  const text = fc.string({ minLength: 1, unit: 'binary' });
  fc.assert(
    fc.property(fc.array(fc.record({ key: text, value: text })), (answers) => {
      const writable = answers.filter((answer) => {
        try {
          renderResponseFile([answer]);
          return true;
        } catch {
          return false;
        }
      });
      const read = parseResponseFile(renderResponseFile(writable), 'f');
      expect(read.map(({ key, value }) => ({ key, value }))).toEqual(writable);
    }),
  );
});
