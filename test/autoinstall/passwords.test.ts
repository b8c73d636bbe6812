import { describe, expect, it } from 'vitest';
import { withPasswords } from '../../src/autoinstall/passwords.ts';
import { renderResponseFile } from '../../src/autoinstall/response-file.ts';

const MADE = [
  { account: 'root', clear: 'abc', hash: '$2b$10$root' },
  { account: 'puffy', clear: 'def', hash: '$2b$10$puffy' },
];
const KEY = 'ssh-ed25519 AAAA';

describe('withPasswords', () => {
  it('puts hashes where passwords are asked for, and the clear text behind the key alone', () => {
    const answers = [
      { key: 'System hostname', value: 'web' },
      { key: 'Password for root account', value: '*************' },
      { key: 'Setup a user', value: 'puffy' },
      { key: 'Password for user puffy', value: '*************' },
      { key: 'Public ssh key for user puffy', value: `${KEY} the old comment`, secret: true },
    ];
    const made = withPasswords(answers, MADE);
    expect(renderResponseFile(made)).toBe(
      'System hostname = web\nPassword for root account = $2b$10$root\nSetup a user = puffy\n' +
        `Password for user puffy = $2b$10$puffy\nPublic ssh key for user puffy = ${KEY} root:abc puffy:def\n`,
    );
    expect(made.filter(({ secret }) => secret).map(({ key }) => key)).toEqual([
      'Password for root account',
      'Password for user puffy',
      'Public ssh key for user puffy',
    ]);
  });

  it('changes nothing without any', () => {
    const answers = [{ key: 'Public ssh key for root account', value: `${KEY} comment` }];
    expect(withPasswords(answers, [])).toBe(answers);
  });
});
