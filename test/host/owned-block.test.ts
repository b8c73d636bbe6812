import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownedBlock, ownedPart, replaceOwned } from '../../src/host/owned-block.ts';

const block = ownedBlock('vm "web1" {}\n');
const begin = '# BEGIN puffboot: as an earlier version wrote it\n';
const end = '# END puffboot\n';

describe('what puffboot owns of a file', () => {
  it.each([
    ['an empty file', '', block],
    ['a file without it', 'mine\n', `mine\n${block}`],
    ['a last line without a newline', 'mine', `mine\n${block}`],
    ['an old block in the middle', `mine\n${begin}old\n${end}also mine`, `mine\n${block}also mine`],
    ['an old block at the end, cut', `mine\r\n${begin}old\n# END puffboot`, `mine\r\n${block}`],
    ['a remark that only sounds alike', `# END puffbooting\n`, `# END puffbooting\n${block}`],
    ['a marker inside of a line', `x # BEGIN puffboot\n`, `x # BEGIN puffboot\n${block}`],
  ])('goes into %s', (_, text, expected) => {
    expect(replaceOwned(text, block, 'vm.conf')).toBe(expected);
  });

  it.each([
    ['an END alone', end, 'END in line 1'],
    ['a BEGIN alone', `a\n${begin}`, 'BEGIN in line 2'],
    ['the wrong order', `${end}${begin}`, 'END in line 1, BEGIN in line 2'],
    ['one inside of another', `${begin}${begin}${end}${end}`, 'BEGIN in line 1, BEGIN in line 2'],
    ['two blocks', `${begin}${end}${begin}${end}`, 'BEGIN in line 3, END in line 4'],
    ['a half second block', `${begin}${end}${begin}`, 'BEGIN in line 3'],
  ])('refuses %s', (_, text, message) => {
    expect(() => replaceOwned(text, block, '/etc/vm.conf')).toThrowError(
      expect.objectContaining({ code: 'MARKERS_DAMAGED', message: expect.stringContaining(message) }),
    );
  });

  it('refuses a body with a marker line', () => {
    expect(() => ownedBlock(`a\n${end}`)).toThrowError(expect.objectContaining({ code: 'MARKERS_DAMAGED' }));
  });

  it('marks zone files with semicolons, and knows them again', () => {
    const zone = ownedBlock('a 1 IN A 192.0.2.1\n', ';');
    expect(replaceOwned(`$TTL 1\n${zone}b`, ownedBlock('', ';'), 'zone')).toBe(
      `$TTL 1\n${ownedBlock('', ';')}b`,
    );
  });

  it.each([
    ['as it was written', `mine\n${block}`, { body: 'vm "web1" {}\n', edited: false, outside: 'mine\n' }],
    ['changed by somebody else', block.replace('web1', 'web2'), { body: 'vm "web2" {}\n', edited: true }],
    ['written before there were sums', `${begin}old\n${end}`, { body: 'old\n', edited: false }],
  ])('is known %s', (_, text, expected) => {
    expect(ownedPart(text, 'vm.conf')).toMatchObject(expected);
  });

  it('is none where there are no marker lines', () => expect(ownedPart('mine\n', 'vm.conf')).toBeNull());

  it('leaves every byte outside, and is at rest after the first time', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '#', ' ', '\r', '{') });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = before === '' || before.endsWith('\n') ? before : `${before}\n`;
        const once = replaceOwned(`${lines}${begin}${after}\n${end}${after}`, block, 'f');
        expect(once).toBe(`${lines}${block}${after}`);
        expect(replaceOwned(once, block, 'f')).toBe(once);
      }),
    );
  });
});
