import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTftp, encodeTftp, type TftpPacket } from '../../../netboot/tftp/packet.ts';

const options = new Map([
  ['blksize', '1432'],
  ['tsize', '0'],
]);

const PACKETS: readonly (readonly [string, TftpPacket])[] = [
  ['a bare read request', { kind: 'rrq', file: '/bsd.rd', mode: 'octet', options: new Map() }],
  ['a read request with options', { kind: 'rrq', file: 'auto_install', mode: 'octet', options }],
  ['a write request', { kind: 'wrq', file: 'x', mode: 'netascii', options: new Map() }],
  ['data', { kind: 'data', block: 65535, bytes: Uint8Array.of(1, 2, 3) }],
  ['empty data', { kind: 'data', block: 0, bytes: new Uint8Array(0) }],
  ['an ACK', { kind: 'ack', block: 258 }],
  ['an error', { kind: 'error', code: 3, message: 'disk full' }],
  ['an error without text', { kind: 'error', code: 3, message: '' }],
  ['an OACK', { kind: 'oack', options }],
];

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

describe('TFTP packets', () => {
  it.each(PACKETS)('%s survives a round trip', (_, packet) => {
    expect(decodeTftp(encodeTftp(packet))).toEqual({ ok: true, packet });
  });

  it.each(PACKETS)('%s cut at any length does not throw', (_, packet) => {
    const bytes = encodeTftp(packet);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(typeof decodeTftp(bytes.subarray(0, length)).ok).toBe('boolean');
    }
  });

  it.each([
    ['nothing', ''],
    ['one byte', '\0'],
    ['opcode 0', '\0\0\0\0'],
    ['opcode 7', '\0\x07\0\0'],
    ['a request without anything', '\0\x01'],
    ['a request without mode', '\0\x01bsd\0'],
    ['a mode without its NUL', '\0\x01bsd\0octet'],
    ['a request of 513 bytes', `\0\x01${'x'.repeat(504)}\0octet\0`],
    ['half a block number', '\0\x04\0'],
  ])('refuses %s', (_, text) => {
    expect(decodeTftp(bytesOf(text)).ok).toBe(false);
  });

  it.each([
    ['one NUL too many', 'octet\0\0', []],
    ['two', 'octet\0\0\0', []],
    ['five behind an option', 'octet\0tsize\x000\0\0\0\0\0\0', [['tsize', '0']]],
    ['an option without value', 'octet\0tsize\x000\0blksize\0', [['tsize', '0']]],
    ['a value without its NUL', 'octet\0tsize\x000\0blksize\x0014', [['tsize', '0']]],
    ['bytes that mean nothing', 'octet\0\xff\x01', []],
  ])('takes a request with %s for what it asks', (_, rest, pairs) => {
    expect(decodeTftp(bytesOf(`\0\x01bsd\0${rest}`))).toEqual({
      ok: true,
      packet: { kind: 'rrq', file: 'bsd', mode: 'octet', options: new Map(pairs as [string, string][]) },
    });
  });

  it('reads names and mode in any case, and the first of two equal options', () => {
    expect(
      decodeTftp(bytesOf('\0\x01Bsd\0OCTET\0BlkSize\x001432\0blksize\x00512\0__proto__\x001\0')),
    ).toEqual({
      ok: true,
      packet: {
        kind: 'rrq',
        file: 'Bsd',
        mode: 'octet',
        options: new Map([
          ['blksize', '1432'],
          ['__proto__', '1'],
        ]),
      },
    });
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(8), (bytes, opcode) => {
        if (bytes.length > 1) bytes.set([0, opcode]);
        const decoded = decodeTftp(bytes);
        if (decoded.ok) expect(decodeTftp(encodeTftp(decoded.packet))).toEqual(decoded);
      }),
      { numRuns: 5000 },
    );
  });
});
