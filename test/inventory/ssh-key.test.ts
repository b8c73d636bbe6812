import { describe, expect, it } from 'vitest';
import { checkSshKey, withoutComment } from '../../src/inventory/ssh-key.ts';

/** The base64 of a key of this type: the type, then one field of `size` bytes. */
function body(type: string, size = 32): string {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return Buffer.concat([field(Buffer.from(type)), field(Buffer.alloc(size, 7))]).toString('base64');
}
const ED25519 = `ssh-ed25519 ${body('ssh-ed25519')}`;

describe('checkSshKey', () => {
  it.each([
    ED25519,
    `${ED25519} alice@example.net and more`,
    `ssh-rsa ${body('ssh-rsa', 200)}`,
    `ecdsa-sha2-nistp256 ${body('ecdsa-sha2-nistp256')} x`,
    `sk-ssh-ed25519@openssh.com ${body('sk-ssh-ed25519@openssh.com')}`,
  ])('accepts %s', (key) => {
    expect(checkSshKey(key)).toBeNull();
  });

  const TYPE = /^must start with one of ssh-ed25519, ssh-rsa, /;
  const BASE64 = /^must have valid base64 as its second field$/;
  const CUT = /^must have a complete key as its second field, not one cut short$/;
  const LINE = /^must be one line without control characters$/;
  it.each([
    ['nothing', '', TYPE],
    ['an unknown type', `ssh-dss ${body('ssh-dss')}`, TYPE],
    ['options in front', `command="sh" ${ED25519}`, TYPE],
    ['a leading blank', ` ${ED25519}`, TYPE],
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----', TYPE],
    ['a type alone', 'ssh-ed25519', BASE64],
    ['two blanks between the fields', ED25519.replace(' ', '  '), BASE64],
    ['other characters', `ssh-ed25519 ${body('ssh-ed25519').replace('A', '_')}`, BASE64],
    ['a lost last character', ED25519.slice(0, -1), BASE64],
    ['four lost characters', ED25519.slice(0, -4), CUT],
    [
      'too much',
      `ssh-ed25519 ${Buffer.concat([Buffer.from(body('ssh-ed25519'), 'base64'), Buffer.alloc(3)]).toString('base64')}`,
      CUT,
    ],
    ['a type without a key', `ssh-ed25519 ${Buffer.from('\0\0\0\x0bssh-ed25519').toString('base64')}`, CUT],
    ['a length beyond the end', 'ssh-ed25519 /////w==', CUT],
    [
      'another type inside',
      `ssh-ed25519 ${body('ssh-rsa')}`,
      /^must say the same type .* \(inside: ssh-rsa\)$/,
    ],
    ['a second line', `${ED25519}\n${ED25519}`, LINE],
    ['an escape', `${ED25519} \x1b[2J`, LINE],
    ['a tab', ED25519.replace(' ', '\t'), LINE],
    ['a line separator', `${ED25519} \u2028`, LINE],
  ])('refuses %s', (_, key, rule) => {
    expect(checkSshKey(key)).toMatch(rule);
  });
});

describe('withoutComment', () => {
  it('leaves type and key', () => {
    expect(withoutComment(`${ED25519} secret word`)).toBe(ED25519);
    expect(withoutComment('ssh-ed25519')).toBe('ssh-ed25519');
  });
});
