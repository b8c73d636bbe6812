import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostCommand } from '../../src/cli/host.ts';
import { renderCommand } from '../../src/cli/render.ts';
import { vmCommand } from '../../src/cli/vm.ts';
import type { VmView } from '../../src/web/operator.ts';
import { run } from './run.ts';

const FILES = ['--vm-conf', 'fixtures/from-host/vm.conf', '--dhcpd-conf', 'fixtures/from-host/dhcpd.conf'];

describe('puffboot host import', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-host-'));
    const config = `stateDirectory = "${directory}/state"
      subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.1" }]
      [[hosts]]
      name = "vmm1"
      switch = "uplink_veb42"
      become = []
      access = "rehearsal"
      root = "${directory}/host"
      lladdrPrefix = "fe:e1:bb:d1:c8"
      ipv4Range = "192.0.2.11-192.0.2.60"
    `;
    await writeFile(join(directory, 'puffboot.toml'), config);
  });
  afterEach(() => rm(directory, { recursive: true }));
  const host = (...args: readonly string[]) =>
    run(hostCommand(), 'import', '-f', join(directory, 'puffboot.toml'), ...args);
  const list = async () => {
    const { stdout } = await run(vmCommand(), 'list', '-f', join(directory, 'puffboot.toml'), '--json');
    return JSON.parse(stdout) as readonly VmView[];
  };

  it('takes the VMs with their disks, lladdrs and addresses, and tells all that has no place', async () => {
    const dry = await host('vmm1', '--dry-run', ...FILES);
    expect(await list()).toEqual([]);
    const taken = await host('vmm1', ...FILES);
    await expect(taken.stdout).toMatchFileSnapshot('../../fixtures/cli/host-import.txt');
    expect(dry.stdout.split('\n')).toHaveLength(taken.stdout.split('\n').length);
    expect(taken.exitCode).toBe(1);
    expect(await list()).toMatchObject([
      {
        name: 'vm01',
        id: 1,
        owner: 'jane',
        memoryMiB: 1024,
        diskPaths: ['/var/vmm/vm01.qcow2'],
        diskFormat: 'qcow2',
        lladdr: 'fe:e1:bb:d1:c8:01',
        ipv4: '192.0.2.11',
        hostName: 'vm01',
        installed: false,
      },
      { name: 'lonely', id: 2, memoryMiB: 512, diskFormat: 'qcow2', installed: true },
      {
        name: 'db.2',
        id: 10,
        owner: 'bob',
        diskPaths: ['/var/vmm/db 2.img', '/var/vmm/db2-data.img'],
        diskSizesMiB: [20480, 20480],
        diskFormat: 'raw',
        ipv4: '192.0.2.20',
        hostName: 'db-2',
        installed: true,
      },
    ]);
  });

  it('changes nothing the second time, and what is rendered then has the old disks', async () => {
    await host('vmm1', ...FILES);
    const again = (await host('vmm1', ...FILES)).stdout;
    expect(again).toMatch(/\n0 added, 0 updated, 3 unchanged, 2 refused\n$/);
    const config = join(directory, 'puffboot.toml');
    const { stdout } = await run(renderCommand(), 'vm.conf', '-f', config);
    expect(stdout).toContain('disk "/var/vmm/db 2.img" format raw');
    expect(stdout).toMatch(/vm "db.2" \{\n\tenable\n/);
    expect(stdout).toMatch(/vm "vm01" \{\n\tdisable\n/);
    await writeFile(join(directory, 'vm.conf'), stdout);
    const own = await host('vmm1', '--vm-conf', join(directory, 'vm.conf'));
    expect(own.stdout).toBe('0 added, 0 updated, 0 unchanged, 0 refused\n');
  });

  it('reads the files of the running host, whose root nobody ever prepared', async () => {
    await expect(host('vmm1')).rejects.toThrowError(
      expect.objectContaining({ code: 'HOST_COMMAND', message: expect.stringContaining('has no vm.conf') }),
    );
    await mkdir(join(directory, 'host/etc'), { recursive: true });
    for (const name of ['vm.conf', 'dhcpd.conf']) {
      await copyFile(join('fixtures/from-host', name), join(directory, 'host/etc', name));
    }
    const live = (await host('vmm1')).stdout;
    expect(live).toContain('/etc/vm.conf:');
    await expect(live.replaceAll('/etc/', 'fixtures/from-host/')).toMatchFileSnapshot(
      '../../fixtures/cli/host-import.txt',
    );
    expect((await list()).map(({ name, ipv4 }) => [name, ipv4])).toContainEqual(['vm01', '192.0.2.11']);
  });

  it.each([
    ['an unknown host', ['nix', ...FILES], 'HOST_NOT_FOUND'],
    ['addresses without VMs', ['vmm1', '--dhcpd-conf', 'x'], 'USAGE'],
    ['a file that is not there', ['vmm1', '--vm-conf', '/nix'], 'USAGE'],
  ])('refuses %s', async (_, args, code) => {
    await expect(host(...args)).rejects.toThrowError(expect.objectContaining({ code }));
  });

  it('survives any file', async () => {
    const text = await readFile('fixtures/from-host/vm.conf', 'latin1');
    for (let at = 0; at < text.length; at += 97) {
      await writeFile(join(directory, 'cut'), `${text.slice(0, at)}}{"${text.slice(at + 5)}`);
      await host(
        'vmm1',
        '--dry-run',
        '--vm-conf',
        join(directory, 'cut'),
        '--dhcpd-conf',
        join(directory, 'cut'),
      );
    }
  });
});
