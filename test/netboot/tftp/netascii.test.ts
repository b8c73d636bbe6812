import { describe, expect, it } from 'vitest';
import { netascii } from '../../../netboot/tftp/netascii.ts';

describe('netascii', () => {
  it.each([
    ['', ''],
    ['plain', 'plain'],
    ['a\nb\n', 'a\r\nb\r\n'],
    ['a\rb', 'a\r\0b'],
    ['a\r\nb', 'a\r\0\r\nb'],
    ['\n\n', '\r\n\r\n'],
  ])('%j becomes %j', (text, expected) => {
    expect(Buffer.from(netascii(Buffer.from(text))).toString()).toBe(expected);
  });
});
