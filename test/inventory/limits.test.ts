import { describe, expect, it } from 'vitest';
import { checkVm, refuseBadVm, type VmChoice } from '../../src/inventory/limits.ts';
import { UNSAID } from '../../src/inventory/vm.ts';

const GOOD: VmChoice = {
  ...UNSAID,
  name: 'web1',
  hostName: 'web1',
  owner: 'alice',
  sshKeys: [],
  memoryMiB: 1024,
  diskSizesMiB: [20480],
  diskFormat: 'qcow2',
  release: '7.6',
  arch: 'amd64',
  sets: ['-game*', '+site*'],
  timezone: 'Europe/Amsterdam',
};

const LETTER = 'name must start with a letter';
const CHARACTERS = 'name may have only letters, digits, dots, underscores and hyphens';
const LONG = 'name must be at most 63 characters long';
const LABELS = 'hostName must be a list of labels of letters, digits and hyphens inside (RFC 1123)';
const LOGIN = 'owner must start with a lower-case letter, followed by a-z 0-9 _ - only';
const TAKEN = 'owner must not be a login that the system has, nor a yes or no';
const MEMORY = 'memoryMiB must be a whole number from 64 to 131072 (64M to 128G)';
const DISKS = 'diskSizesMiB must have 1 to 4 disks';
const SIZES = 'diskSizesMiB must have whole numbers from 1 up';
const SETS = 'sets may have only set names and patterns such as -game*';
const ZONE = 'timezone must be a timezone such as Europe/Amsterdam';

const refused = (...rows: readonly (readonly [Partial<VmChoice>, ...string[]])[]) =>
  rows.map(([change, ...rules]) => ({ change, rules, name: JSON.stringify(change).slice(0, 60) }));

describe('checkVm', () => {
  it.each(
    [
      { name: 'W' },
      { name: 'a'.repeat(63) },
      { name: 'Web_1.test-2' },
      { hostName: 'web1.example.net' },
      { owner: null },
      { owner: 'a'.repeat(31) },
      { memoryMiB: 64 },
      { memoryMiB: 131072 },
      { diskSizesMiB: [1, 2, 3, 4] },
      { release: '10.0' },
      { sets: ['bsd', 'base76.tgz', '-x*'] },
      { timezone: 'America/Argentina/Buenos_Aires' },
      { timezone: 'Etc/GMT+1' },
    ].map((change) => ({ change, name: JSON.stringify(change).slice(0, 60) })),
  )('accepts $name', ({ change }) => {
    expect(checkVm({ ...GOOD, ...change })).toEqual([]);
  });

  it.each(
    refused(
      [{ name: '' }, LETTER],
      [{ name: '-web' }, LETTER],
      [{ name: '.web' }, LETTER],
      [{ name: '42' }, LETTER, 'name must not be all digits, which vmctl(8) takes for an id'],
      [{ name: 'a'.repeat(64) }, LONG],
      [{ name: 'we"b' }, CHARACTERS],
      [{ name: "we'b" }, CHARACTERS],
      [{ name: 'wéb' }, CHARACTERS],
      [{ name: 'web\n' }, CHARACTERS],
      [{ name: 'web/../x' }, CHARACTERS],
      [{ name: '$(reboot)' }, LETTER, CHARACTERS],
      [{ name: `"${'é'.repeat(64)}` }, LETTER, CHARACTERS, LONG],
      [{ hostName: '' }, LABELS],
      [{ hostName: '-a' }, LABELS],
      [{ hostName: 'a-' }, LABELS],
      [{ hostName: 'a..b' }, LABELS],
      [{ hostName: 'a_b' }, LABELS],
      [{ hostName: 'a'.repeat(64) }, 'hostName must be at most 63 characters long'],
      [{ owner: '' }, LOGIN],
      [{ owner: 'Alice' }, LOGIN],
      [{ owner: 'alice$' }, LOGIN],
      [{ owner: 'a:b' }, LOGIN],
      [{ owner: 'a'.repeat(32) }, 'owner must be at most 31 characters long'],
      [{ owner: 'root' }, TAKEN],
      [{ owner: 'no' }, TAKEN],
      [{ memoryMiB: 63 }, MEMORY],
      [{ memoryMiB: 131073 }, MEMORY],
      [{ memoryMiB: 64.5 }, MEMORY],
      [{ memoryMiB: Number.NaN }, MEMORY],
      [{ diskSizesMiB: [] }, DISKS],
      [{ diskSizesMiB: [1, 1, 1, 1, 1] }, DISKS],
      [{ diskSizesMiB: [0] }, SIZES],
      [{ diskSizesMiB: [1, 1.5] }, SIZES],
      [{ diskFormat: 'vmdk' as 'raw' }, 'diskFormat must be raw or qcow2'],
      [{ release: '7' }, 'release must be a release such as 7.6'],
      [{ release: '../7.6' }, 'release must be a release such as 7.6'],
      [{ arch: 'i386' }, 'arch must be amd64, all that vmm(4) runs'],
      [{ sets: ['a b'] }, SETS],
      [{ sets: ['-game*', ''] }, SETS],
      [{ timezone: '../../etc/passwd' }, ZONE],
      [{ timezone: 'Europe/' }, ZONE],
    ),
  )('refuses $name, naming each rule', ({ change, rules }) => {
    expect(checkVm({ ...GOOD, ...change }).map(({ field, rule }) => `${field} ${rule}`)).toEqual(rules);
  });
});

describe('refuseBadVm', () => {
  it('throws one error with every rule and what was found, one a line', () => {
    expect(() => refuseBadVm({ ...GOOD, name: '-\u202e', memoryMiB: 1 })).toThrowError(
      expect.objectContaining({
        code: 'VM_REFUSED',
        message: [
          `${LETTER} (found "-\\u{202e}")`,
          `${CHARACTERS} (found "-\\u{202e}")`,
          `${MEMORY} (found 1)`,
        ].join('\n'),
      }),
    );
  });

  it('keeps the comment of a refused key to itself', () => {
    expect(() => refuseBadVm({ ...GOOD, sshKeys: ['ssh-ed25519 AAAA hunter2'] })).toThrowError(
      /^sshKeys must have a complete key .* \(found "ssh-ed25519 AAAA"\)$/,
    );
  });
});
