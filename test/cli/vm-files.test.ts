import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vmCommand } from '../../src/cli/vm.ts';
import type { Ipv4 } from '../../src/common/address.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { openStore } from '../../src/io/store/store.ts';
import { sampleRetired } from '../contract/retired.ts';
import { sampleVm } from '../contract/store.ts';
import { run } from './run.ts';

const KEY = /"(ssh-ed25519 .*)"/.exec(await readFile('fixtures/vm-file/old-world.txt', 'utf8'))?.[1] ?? '';

describe('VMs as text files', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-files-'));
    await inventory('one');
    await inventory('two');
    await mkdir(join(directory, 'old'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const inventory = (name: string) =>
    writeFile(
      join(directory, `${name}.toml`),
      `stateDirectory = "${directory}/${name}"
      subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.1" }]
      [[hosts]]
      name = "vmm1"
      lladdrPrefix = "fe:e1:bb:d1:4c"
      ipv4Range = "192.0.2.10-192.0.2.49"
      ipv6Prefix = "2001:db8:0:100::/56"
    `,
    );
  const vm = async (name: string, subcommand: string, ...args: readonly string[]) => {
    const result = await run(vmCommand(), subcommand, '-f', join(directory, `${name}.toml`), ...args);
    return { ...result, stdout: result.stdout.replaceAll(`${directory}/`, '') };
  };
  const file = async (name: string, text: string) => {
    await writeFile(join(directory, 'old', name), text);
    return join(directory, 'old', name);
  };

  it('takes in what is right, tells every fault of the rest, and is done the second time', async () => {
    const files = [
      await file('web1.txt', `hostname="web1"\nsshkey="${KEY}"\nip="192.0.2.10"\ncolour="blue"\n`),
      await file('web2.txt', 'memory="2 gigs"\nip="192.0.2.10"\nwhat is this\ntimezone="no zone!"\n'),
      await file('web3.txt', 'vm="db"\nmac="fe:e1:bb:d1:4c:01"\n'),
      await file('web4.txt', 'note="no address said"\n'),
    ];
    const dry = await vm('one', 'import', '--dry-run', ...files);
    expect((await vm('one', 'list')).stdout).toMatch(/^no VMs yet/);
    const first = await vm('one', 'import', ...files);
    expect(first.exitCode).toBe(1);
    await expect(first.stdout).toMatchFileSnapshot('../../fixtures/cli/vm-import.txt');
    expect(dry.stdout).toBe(
      first.stdout
        .replace(/(web\d|db) added/g, '$1 would be added')
        .replace(/refused\n$/, 'refused; nothing was changed\n'),
    );
    const again = await vm('one', 'import', files[0] ?? '', files[3] ?? '');
    expect(again).toEqual({
      exitCode: undefined,
      stdout: expect.stringMatching(
        /web1 is in the inventory already, and the same\n.*\n.*2 unchanged, 0 refused\n$/,
      ),
    });
  });

  it('writes files that make the same inventory elsewhere', async () => {
    await vm('one', 'add', 'web1', '--key', `${KEY} hidden`, '--note', 'a "b"', '--paid-until', '2030-01-31');
    await vm('one', 'import', await file('web2.txt', '# kept\ncolour="blue"\nhostname="w2"\n'));
    const out = join(directory, 'out');
    await mkdir(out);
    expect((await vm('one', 'export', '-o', out)).stdout).toBe('2 written to out\n');
    expect(await readdir(out)).toEqual(['web1.txt', 'web2.txt']);
    expect((await stat(join(out, 'web1.txt'))).mode & 0o777).toBe(0o600);
    await vm('two', 'import', join(out, 'web2.txt'), join(out, 'web1.txt'));
    expect((await vm('two', 'export')).stdout).toBe((await vm('one', 'export')).stdout);
    expect((await vm('two', 'export', 'web1')).stdout).toContain(' hidden"\n');
    expect((await vm('two', 'show', 'web1', '--json')).stdout).not.toContain('hidden');
  });

  it('takes a change over only with --update', async () => {
    const path = await file('web1.txt', 'memory="2G"\n');
    await vm('one', 'import', path);
    await writeFile(path, 'memory="4G"\nnote="more"\n');
    expect((await vm('one', 'import', path)).stdout).toMatch(
      /web1.txt:1: memoryMiB of web1 is 2048 in the inventory, not 4096\n.*web1.txt:2: note of web1 is null/,
    );
    expect((await vm('one', 'import', '--update', path)).stdout).toMatch(/web1 changed as the file says/);
    expect((await vm('one', 'show', 'web1')).stdout).toMatch(/memory +4G\n/);
  });

  it('gives nobody what is held back after a removal, but to who says so', async () => {
    const store = await openStore(join(directory, 'one'), { log: SILENT_LOG });
    await store.addVm(() => sampleVm(1, { ipv4: '192.0.2.10' as Ipv4 }));
    await store.orderRetirement(
      sampleRetired('vm1', { lladdr: sampleVm(1).lladdr, ipv4: '192.0.2.10' as Ipv4 }),
    );
    await store.leaveInventory(sampleRetired('vm1').key);
    await store.close();
    const { stdout } = await vm(
      'one',
      'import',
      await file('web1.txt', 'note="x"'),
      await file('vm1.txt', 'note="x"'),
    );
    expect(stdout).toMatch(/web1 added as VM 2 of vmm1/);
    expect(stdout).toMatch(/vm1.txt: the VM vm1 is still being removed\n/);
    const said = await vm('one', 'import', await file('web2.txt', 'ip="192.0.2.10"'));
    expect(said.stdout).toMatch(/web2 added as VM \d+ of vmm1, [0-9a-f:]+, 192.0.2.10\n/);
  });

  it.each([
    ['a file that is not there', ['import', '/nix/web1.txt'], 'USAGE'],
    ['an unknown VM', ['export', 'nix'], 'VM_NOT_FOUND'],
    ['a directory that is not there', ['export', '-o', '/nix/out'], 'USAGE'],
  ])('refuses %s', async (_, [subcommand = '', ...args], code) => {
    await vm('one', 'add', 'web1');
    await expect(vm('one', subcommand, ...args)).rejects.toThrowError(expect.objectContaining({ code }));
  });

  it('takes more files than one request holds', async () => {
    const note = 'x'.repeat(900);
    const files = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        file(`vm${index}.txt`, `note="${note}"\n${`# ${note}\n`.repeat(12)}`),
      ),
    );
    expect((await vm('one', 'import', ...files)).stdout).toMatch(
      /\n40 added, 0 updated, 0 unchanged, 0 refused\n$/,
    );
  });
});
