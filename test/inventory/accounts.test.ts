import { describe, expect, it } from 'vitest';
import { accountsOf, gecos } from '../../src/inventory/accounts.ts';
import { sampleVm } from '../contract/store.ts';

describe('accountsOf', () => {
  it('has one account for each owner, with the keys of all his VMs and no comments', () => {
    const vms = [
      sampleVm(1, { owner: 'puffy', sshKeys: ['ssh-ed25519 AAAA secret', 'ssh-rsa BBBB'] }),
      sampleVm(2, { owner: null }),
      sampleVm(3, { owner: 'alice', sshKeys: [], fullName: 'Doe, Alice' }),
      sampleVm(4, { owner: 'puffy', sshKeys: ['ssh-ed25519 AAAA other', 'ssh-rsa CCCC'], fullName: 'Puffy' }),
    ];
    expect(accountsOf(vms, 'vmdusers')).toEqual([
      { login: 'alice', fullName: 'Doe Alice', keys: [], groups: ['vmdusers'] },
      {
        login: 'puffy',
        fullName: 'Puffy',
        keys: ['ssh-ed25519 AAAA', 'ssh-rsa BBBB', 'ssh-rsa CCCC'],
        groups: ['vmdusers'],
      },
    ]);
  });

  it('has none without owners', () => {
    expect(accountsOf([sampleVm(1)], 'vmdusers')).toEqual([]);
  });
});

it.each([
  ['no name', null, 'puffy'],
  ['separators of passwd(5)', 'Doe, J:ohn & "Co"', 'Doe J ohn "Co"'],
  ['nothing but separators', '::,', 'puffy'],
  ['a name of 200 characters', 'x'.repeat(200), 'x'.repeat(100)],
])('gecos takes %s', (_, name, expected) => {
  expect(gecos(name, 'puffy')).toBe(expected);
});
