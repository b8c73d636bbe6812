import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyEd25519 } from '../../sets/io/ed25519.ts';
import { parseEmbedded, parsePublicKey, signatureFault } from '../../sets/signify.ts';
import { parseSums } from '../../sets/sums.ts';
import { requireProgram } from '../support/require.ts';
import { makeKey, signWith, sumsOf } from './signed.ts';

const SIGNIFY = requireProgram('signify-openbsd', '/usr/bin/signify');
const key = makeKey();
const MESSAGE = sumsOf({ 'bsd.rd': 'kernel', 'base76.tgz': 'base' });
const bytes = (text: string) => Uint8Array.from(Buffer.from(text));

/** What is wrong with a signed text by a key file; the parsers' refusals in the same words. */
function fault(signed: Uint8Array, keyFile: string): string | null {
  const [message, publicKey] = [parseEmbedded(signed), parsePublicKey(bytes(keyFile))];
  if (message === null || publicKey === null) return 'malformed';
  return signatureFault(message, publicKey, verifyEd25519);
}

describe('signify', () => {
  const signed = signWith(key, MESSAGE);
  it('accepts what was signed, with the message as it was', () => {
    expect(fault(bytes(signed), key.file)).toBeNull();
    expect(Buffer.from(parseEmbedded(bytes(signed))?.message ?? []).toString()).toBe(MESSAGE);
  });

  it.each([
    ['a message changed by one letter', signed.replace('bsd.rd', 'bsd.rc'), 'has a signature that is wrong'],
    ['a message with a line more', `${signed}\n`, 'has a signature that is wrong'],
    ['a message cut short', signed.slice(0, -1), 'has a signature that is wrong'],
    ['another key', signWith(makeKey(), MESSAGE), 'was made with another key'],
    [
      'another key under the same number',
      signWith({ ...makeKey(), number: key.number }, MESSAGE),
      'has a signature that is wrong',
    ],
    ['no comment', signed.slice(signed.indexOf('\n') + 1), 'malformed'],
    ['a public key instead', key.file, 'malformed'],
    ['base64 that is none', signed.replace(/\n.{4}/, '\n****'), 'malformed'],
    ['nothing', '', 'malformed'],
  ])('refuses %s', (_, text, expected) => {
    expect(fault(bytes(text), key.file)).toBe(expected);
  });

  it('never throws, however much of a file there is', () => {
    const whole = bytes(signed);
    for (let end = 0; end < whole.length; end++)
      expect(fault(whole.subarray(0, end), key.file)).not.toBeNull();
    for (let end = 0; end < key.file.length - 1; end++) {
      expect(parsePublicKey(bytes(key.file.slice(0, end)))).toBeNull();
    }
  });

  it.skipIf(SIGNIFY.skip)('agrees with signify(1) in both directions', () => {
    const directory = mkdtempSync(join(tmpdir(), 'puffboot-signify-'));
    const at = (name: string) => join(directory, name);
    const signify = (...args: readonly string[]) => execFileSync(SIGNIFY.path, args, { stdio: 'pipe' });
    try {
      signify('-G', '-n', '-p', at('a.pub'), '-s', at('a.sec'));
      writeFileSync(at('SHA256'), MESSAGE);
      signify('-S', '-e', '-s', at('a.sec'), '-m', at('SHA256'), '-x', at('SHA256.sig'));
      expect(fault(readFileSync(at('SHA256.sig')), readFileSync(at('a.pub'), 'utf8'))).toBeNull();
      expect(fault(readFileSync(at('SHA256.sig')), key.file)).toBe('was made with another key');

      writeFileSync(at('b.pub'), key.file);
      writeFileSync(at('b.sig'), signed);
      signify('-V', '-e', '-p', at('b.pub'), '-m', at('b.out'), '-x', at('b.sig'));
      expect(readFileSync(at('b.out'), 'utf8')).toBe(MESSAGE);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('SHA256', () => {
  const sum = 'a'.repeat(64);
  it('is read in its order', () => {
    expect(parseSums(`SHA256 (bsd) = ${sum}\nSHA256 (base76.tgz) = ${sum}\n`)).toEqual({
      sums: [
        { name: 'bsd', sha256: sum },
        { name: 'base76.tgz', sha256: sum },
      ],
    });
  });

  it.each([
    ['a way out', `SHA256 (../../etc/passwd) = ${sum}\n`, 'line 1'],
    ['a hidden file', `SHA256 (bsd) = ${sum}\nSHA256 (.profile) = ${sum}\n`, 'line 2'],
    ['a short sum', `SHA256 (bsd) = ${sum.slice(1)}\n`, 'line 1'],
    ['another algorithm', `SHA512 (bsd) = ${sum}\n`, 'line 1'],
    ['a name twice', `SHA256 (bsd) = ${sum}\nSHA256 (bsd) = ${sum}\n`, 'bsd again'],
    ['lines of Windows', `SHA256 (bsd) = ${sum}\r\n`, 'line 1'],
    ['nothing', '\n', 'empty'],
  ])('is refused with %s', (_, text, message) => {
    expect(parseSums(text)).toEqual({ fault: expect.stringContaining(message) });
  });
});
