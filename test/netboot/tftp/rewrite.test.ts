import { describe, expect, it } from 'vitest';
import { parseRewrite, unvis } from '../../../netboot/tftp/rewrite.ts';

describe('a line of tftpd', () => {
  it.each([
    ['10.0.0.7 read bsd.rd', { address: '10.0.0.7', operation: 'read', name: 'bsd.rd' }],
    ['2001:db8::7 write x', { address: '2001:db8::7', operation: 'write', name: 'x' }],
    [
      'fe80::1%em0 read /etc/boot.conf',
      { address: 'fe80::1%em0', operation: 'read', name: '/etc/boot.conf' },
    ],
    ['10.0.0.7 read two words', { address: '10.0.0.7', operation: 'read', name: 'two words' }],
    ['10.0.0.7 read ', { address: '10.0.0.7', operation: 'read', name: '' }],
    ['10.0.0.7 read a\\\\b\\000c\\377', { address: '10.0.0.7', operation: 'read', name: 'a\\b\0c\xff' }],
  ])('%s', (line, request) => expect(parseRewrite(line)).toEqual(request));

  it.each(['', 'read x', '10.0.0.7 x', '10.0.0.7 delete x', 'rest of a name', 'a read b', '1 read b'])(
    'is none: %j',
    (line) => {
      expect(parseRewrite(line)).toBeNull();
    },
  );

  it.each([
    ['\\', '\\'],
    ['\\9', '9'],
    ['\\0', '0'],
    ['\\08', '08'],
    ['\\\\134', '\\134'],
    ['\\134\\134', '\\\\'],
  ])('unvis(%j) is %j', (text, plain) => expect(unvis(text)).toBe(plain));
});
