import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { netCommand } from '../../src/cli/net.ts';
import { renderCommand } from '../../src/cli/render.ts';
import { vmCommand } from '../../src/cli/vm.ts';
import { run } from './run.ts';

describe('puffboot net', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-net-'));
    file = join(directory, 'puffboot.toml');
    await writeFile(
      file,
      `stateDirectory = "${directory}/state"
      subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.1", domain = "example.net" }]
      [[hosts]]
      name = "vmm1"
      lladdrPrefix = "fe:e1:bb:d1:4c"
      ipv4Range = "192.0.2.10-192.0.2.49"
      privateInterface = "bridge7"
      privateRange = "172.30.0.0/16"
    `,
    );
    for (const [name = '', ...more] of [
      ['web', '--owner', 'puffy', '--ipv4', 'static'],
      ['db', '--owner', 'puffy', '--release', '7.2'],
      ['mail'],
    ]) {
      await run(vmCommand(), 'add', '-f', file, name, ...more);
    }
  });
  afterEach(() => rm(directory, { recursive: true }));
  const net = async (...args: readonly string[]) =>
    (await run(netCommand(), args[0] ?? '', '-f', file, ...args.slice(1))).stdout;
  const render = async (...args: readonly string[]) =>
    (await run(renderCommand(), '-f', file, ...args)).stdout;

  it('connects two VMs, on the host and in their response files', async () => {
    expect(await net('list')).toBe('no private networks\n');
    expect(await net('add', 'lan', 'web', 'db')).toMatch(/^lan: web, db on vmm1; in force from/);
    await net('add', 'back', 'db', 'web');
    await expect(await net('list')).toMatchFileSnapshot('../../fixtures/cli/net-list.txt');
    const files = [
      await render('vm.conf'),
      await render('install.conf', 'web'),
      await render('install.conf', 'db'),
    ];
    await expect(files.join('\n')).toMatchFileSnapshot('../../fixtures/cli/net-files.txt');
    const shown = (await run(vmCommand(), 'show', '-f', file, 'db')).stdout;
    expect(shown).toMatch(/network +lan, fa:e1:bb:d1:4c:02\nnetwork +back, f6:e1:bb:d1:4c:02\n/);
    await expect(run(vmCommand(), 'set', '-f', file, 'db', '--owner', 'alice')).rejects.toThrowError(
      /^owner must stay while db is in private network lan/,
    );
    expect(await net('rm', 'lan', 'db')).toMatch(/^lan has web left; /);
    expect(await net('rm', 'back')).toMatch(/^back is no more; /);
    expect(await render('vm.conf')).not.toContain('back');
  });

  it('refuses VMs of two owners', async () => {
    await expect(net('add', 'lan', 'web', 'mail')).rejects.toThrowError(
      expect.objectContaining({
        code: 'VM_REFUSED',
        message: 'mail belongs to the operator, and the network to puffy',
      }),
    );
    expect(await net('list')).toBe('no private networks\n');
  });
});
