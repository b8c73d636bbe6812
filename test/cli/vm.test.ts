import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vmCommand } from '../../src/cli/vm.ts';
import { evidenceLine } from '../../src/cli/vm-text.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { openStore } from '../../src/io/store/store.ts';
import type { VmView } from '../../src/web/operator.ts';
import { sampleInstall } from '../contract/store.ts';
import { run } from './run.ts';

const KEY = `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32)]).toString('base64')}`;

describe('puffboot vm', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-vm-'));
    const config = `stateDirectory = "${directory}/state"
      subnets = [{ cidr = "127.77.0.0/24", router = "127.77.0.1", bootAddress = "127.77.0.1" }]
      [[hosts]]
      name = "vmm1"
      capacity = 2
      lladdrPrefix = "fe:e1:bb:d1:4c"
      ipv4Range = "127.77.0.10-127.77.0.19"
      ipv6Prefix = "2001:db8:0:100::/56"
    `;
    await writeFile(join(directory, 'puffboot.toml'), config);
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** `puffboot vm SUBCOMMAND ...` on this test's configuration. */
  const vm = async (subcommand: string, ...args: readonly string[]) =>
    (await run(vmCommand(), subcommand, '-f', join(directory, 'puffboot.toml'), ...args)).stdout;
  const json = async (...args: Parameters<typeof vm>) => JSON.parse(await vm(...args)) as VmView;
  const refusal = (code: string, message: string | RegExp) =>
    expect.objectContaining({
      code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });

  it('adds, lists, shows, changes and removes', async () => {
    expect(await vm('list')).toBe('no VMs yet; add one with `puffboot vm add NAME`\n');
    expect(await vm('add', 'web1')).toBe(
      'web1: added as VM 1 of vmm1, fe:e1:bb:d1:4c:01, 127.77.0.10; now `puffboot install web1`\n' +
        'web1 has no ssh key, so nobody could log in: `puffboot vm set web1 --key-file FILE`\n',
    );
    expect(await vm('set', 'web1', '--memory', '1536M')).toBe('web1: changed, for its next install\n');
    const shown = (await vm('show', 'web1')).replace(/\d{4}-.*Z/, 'TIME');
    await expect(shown).toMatchFileSnapshot('../../fixtures/cli/vm-show.txt');
    await vm('add', 'db', '--host', 'vmm1');
    await expect(await vm('list')).toMatchFileSnapshot('../../fixtures/cli/vm-list.txt');
    expect(await vm('rm', 'web1', '--yes', '--host-gone')).toMatch(
      /^web1: removed; id 1, 127\.77\.0\.10 and fe:e1:bb:d1:4c:01 are given to nobody until 20/,
    );
    expect((await vm('list')).split('\n')[1]).toMatch(/^db +vmm1 +2 /);
  });

  it('takes everything that can be chosen', async () => {
    const keys = join(directory, 'keys');
    await writeFile(keys, `# of alice\n\n${KEY} alice's comment\n`);
    const chosen = await json(
      ...(['add', 'web1', '--json', '--owner', 'alice', '--key', KEY, '--key-file', keys] as const),
      ...['--memory', '2G', '--disk', '20G', '--disk', '512M', '--format', 'raw', '--release', '7.5'],
      ...[
        '--sets',
        '-game*',
        '--sets',
        '+site*',
        '--hostname',
        'web.example.net',
        '--timezone',
        'Asia/Tokyo',
      ],
    );
    expect(chosen).toMatchObject({
      owner: 'alice',
      sshKeys: [KEY, KEY],
      memoryMiB: 2048,
      diskSizesMiB: [20480, 512],
      diskFormat: 'raw',
      release: '7.5',
      sets: ['-game*', '+site*'],
      hostName: 'web.example.net',
      timezone: 'Asia/Tokyo',
      ipv6: '2001:db8:0:100::/64',
      install: null,
    });
    const emptied = await json('set', 'web1', '--json', '--no-owner', '--no-key', '--no-sets');
    expect(emptied).toMatchObject({ owner: null, sshKeys: [], sets: [], memoryMiB: 2048 });
  });

  it('keeps what is not named when it changes something', async () => {
    const before = await json('add', 'web1', '--json', '--key', KEY, '--sets', '-x*', '--owner', 'alice');
    const after = await json('set', 'web1', '--json', '--timezone', 'Asia/Tokyo');
    expect(after).toEqual({ ...before, timezone: 'Asia/Tokyo' });
  });

  it.each([
    ['a leading dash', ['--', '-web'], 'name must start with a letter (found "-web")'],
    ['quotes', ['we"b\''], /^name may have only letters.* \(found "we\\"b'"\)$/],
    ['unicode', ['wéb'], /^name may have only letters.* \(found "wéb"\)$/],
    ['64 characters', ['a'.repeat(64)], /^name must be at most 63 characters long/],
    ['a path', ['../web'], /^name must start with a letter.*\nname may have only/],
    ['two rules', ['web', '--owner', 'root', '--memory', '1M'], /^owner must not be.*\nmemoryMiB must be/],
  ])('refuses %s with its rule', async (_, args, message) => {
    await expect(vm('add', ...args)).rejects.toThrowError(refusal('VM_REFUSED', message));
    expect(await vm('list', '--json')).toBe('[]\n');
  });

  it.each([
    ['a VM twice', ['add', 'web1'], 'VM_EXISTS', 'there is a VM web1 already'],
    ['an unknown host', ['add', 'web2', '--host', 'nix'], 'HOST_NOT_FOUND', /^there is no host "nix"/],
    ['an unknown VM to show', ['show', 'nix/../web1'], 'VM_NOT_FOUND', 'there is no VM "nix/../web1"'],
    ['an unknown VM to change', ['set', 'nix', '--no-owner'], 'VM_NOT_FOUND', 'there is no VM "nix"'],
    ['an unknown VM to remove', ['rm', 'nix', '-y'], 'VM_NOT_FOUND', 'there is no VM "nix"'],
    ['no change', ['set', 'web1'], 'USAGE', /^nothing to change of web1/],
    ['a change that breaks a rule', ['set', 'web1', '--release', 'x'], 'VM_REFUSED', /^release must be/],
    [
      'a key file that is missing',
      ['set', 'web1', '--key-file', '/nix'],
      'USAGE',
      /^cannot read the keys: .*\/nix/,
    ],
  ] as const)('refuses %s', async (_, [subcommand, ...args], code, message) => {
    await vm('add', 'web1');
    await expect(vm(subcommand, ...args)).rejects.toThrowError(refusal(code, message));
  });

  it('says when a host is full', async () => {
    for (const name of ['a', 'b']) await vm('add', name);
    await expect(vm('add', 'c')).rejects.toThrowError(refusal('HOST_FULL', /^no host has room/));
  });

  it.each([
    ['--memory', '2', /Expected a size such as 512M or 20G/],
    ['--disk', '20T', /Expected a size such as 512M or 20G/],
    ['--format', 'vmdk', /Allowed choices are raw, qcow2/],
  ])('refuses %s %s as wrong usage', async (option, value, message) => {
    await expect(vm('add', 'web1', option, value)).rejects.toThrowError(message);
  });

  it.skipIf(process.stdin.isTTY)('removes nothing unasked where nobody can be asked', async () => {
    await vm('add', 'web1');
    await expect(vm('rm', 'web1')).rejects.toThrowError(refusal('USAGE', /give --yes$/));
    expect(await vm('list')).toContain('web1');
  });

  it('shows phases and failure, without what a terminal would act on', async () => {
    await vm('add', 'vm1');
    const store = await openStore(join(directory, 'state'), { log: SILENT_LOG });
    await store.createInstall(
      sampleInstall('a', {
        state: 'failed',
        phases: [
          { name: 'defined', at: 1_700_000_000_000 },
          { name: 'booting', at: 1_700_000_007_400 },
          { name: 'failed', at: 1_700_003_725_000 },
        ],
        failure: {
          phase: 'booting',
          reason: 'no menu within 120 s',
          evidence: 'vm1-0123456789abcdef.evidence.txt',
          tail: 'boot> \x1b[2J\x1b]0;title\x07\r\nfailed(6).\x9b31m will try /bsd\r\n',
          next: 'install it again with `puffboot install vm1`',
        },
      }),
    );
    await store.close();
    const shown = (await vm('show', 'vm1')).replace(/added .*Z/, 'added     TIME');
    await expect(shown).toMatchFileSnapshot('../../fixtures/cli/vm-show-failed.txt');
    expect((await vm('list')).split('\n')[1]).toMatch(/ failed$/);
  });

  it.each([
    [
      'where it is',
      { evidence: 'vm1-a.evidence.txt' },
      'evidence: vm1-a.evidence.txt; read it with `puffboot transcript evidence vm1`',
    ],
    [
      'why there is none',
      { noEvidence: 'the machine stands at "login\x1b[2J:"' },
      'no evidence: the machine stands at "login:"',
    ],
    ['nothing where nobody asked', {}, null],
  ])('tells of evidence %s', (_, failure, line) => {
    expect(evidenceLine('vm1', { phase: 'booting', reason: 'x', tail: '', next: 'y', ...failure })).toBe(
      line,
    );
  });
});
