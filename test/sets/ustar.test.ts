import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTar, type TarEntry } from '../../sets/ustar.ts';

const file = (path: string, text = ''): TarEntry => ({
  path: Buffer.from(path),
  mode: 0o644,
  content: { kind: 'file', bytes: Buffer.from(text) },
});

/** Names, sizes and texts as a reader of the format finds them, each header's checksum checked. */
function read(entries: readonly TarEntry[]): readonly string[][] {
  const tar = renderTar(entries, 1);
  if ('fault' in tar) return [[tar.path, tar.fault]];
  const bytes = Buffer.from(tar.bytes);
  const found: string[][] = [];
  const text = (from: number, length: number) =>
    bytes.toString('utf8', from, from + length).replace(/\0.*/, '');
  let at = 0;
  for (; bytes[at] !== 0; at += 512) {
    const header = Buffer.from(bytes.subarray(at, at + 512)).fill(' ', 148, 156);
    expect(Number.parseInt(text(at + 148, 8), 8)).toBe(header.reduce((sum, byte) => sum + byte, 0));
    const [name, prefix, size] = [text(at, 100), text(at + 345, 155), Number.parseInt(text(at + 124, 12), 8)];
    found.push([
      prefix === '' ? name : `${prefix}/${name}`,
      bytes.toString('utf8', at + 512, at + 512 + size),
    ]);
    at += Math.ceil(size / 512) * 512;
  }
  expect(bytes.subarray(at).equals(Buffer.alloc(1024))).toBe(true);
  return found;
}

describe('ustar', () => {
  it.each([
    ['nothing', []],
    ['a block and a byte', [['a', 'x'.repeat(513)]]],
    ['exactly a block', [['a', 'x'.repeat(512)]]],
    ['a name of 100 bytes', [['a'.repeat(100), '']]],
    ['the longest name of all', [[`${'p'.repeat(155)}/${'n'.repeat(100)}`, 'x']]],
    ['a name that is not ASCII', [['etc/gr\u00fc\u00dfe', 'x']]],
  ])('holds %s', (_, rows) => {
    expect(read(rows.map(([path = '', text = '']) => file(path, text)))).toEqual(rows);
  });

  it.each([
    ['a name of 101 bytes without a slash', 'a'.repeat(101)],
    ['a directory part of 156 bytes', `${'p'.repeat(156)}/n`],
    ['a last part of 101 bytes', `p/${'n'.repeat(101)}`],
  ])('refuses %s', (_, path) => {
    expect(read([file(path)])).toEqual([[path, expect.stringContaining('too long')]]);
  });

  it('sorts by bytes, whatever the order was, and cuts names where it can', () => {
    const name = fc.array(fc.stringMatching(/^[a-c.-]{1,60}$/), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.uniqueArray(
          name.map((parts) => parts.join('/')),
          { maxLength: 8 },
        ),
        (paths) => {
          const found = read(paths.map((path) => file(path, path)));
          const sorted = [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          expect(found).toEqual(sorted.map((path) => [path, path]));
        },
      ),
    );
  });
});
