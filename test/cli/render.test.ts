import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderCommand } from '../../src/cli/render.ts';
import { vmCommand } from '../../src/cli/vm.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { openStore } from '../../src/io/store/store.ts';
import { sampleInstall } from '../contract/store.ts';
import { run } from './run.ts';

const KEY = `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32)]).toString('base64')}`;
const HOST = (name: string, number: number) => `
  [[hosts]]
  name = "${name}"
  capacity = 4
  lladdrPrefix = "fe:e1:bb:d1:4${number}"
  ipv4Range = "127.77.0.${number}0-127.77.0.${number}5"
  ipv6Prefix = "2001:db8:0:${number}00::/56"
`;

describe('puffboot render', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-render-'));
    file = join(directory, 'puffboot.toml');
    const subnet = `cidr = "127.77.0.0/24", router = "127.77.0.1", bootAddress = "127.77.0.1", domain = "example.net"`;
    await writeFile(
      file,
      `stateDirectory = "${directory}/state"\nsubnets = [{ ${subnet} }]\n${HOST('vmm1', 1)}`,
    );
    for (const args of [
      ['web.1', '--owner', 'puffy', '--key', `${KEY} first-password`],
      ['db', '--disk', '20G', '--disk', '1500M', '--format', 'raw'],
    ]) {
      await run(vmCommand(), 'add', '-f', file, ...args);
    }
    const store = await openStore(join(directory, 'state'), { log: SILENT_LOG });
    await store.createInstall(sampleInstall('a', { vm: 'web.1', state: 'running' }));
    await store.close();
  });
  afterEach(() => rm(directory, { recursive: true }));

  const render = async (...args: readonly string[]) =>
    (await run(renderCommand(), '-f', file, ...args)).stdout;
  const refusal = (code: string, text: string) =>
    expect.objectContaining({ code, message: expect.stringContaining(text) });

  it.each([
    'vm.conf',
    'dhcpd.conf',
    'doas.conf',
    'hostname.if',
    'pf.conf',
    'httpd.conf',
    'sensorsd.conf',
    'sensors',
    'zone',
    'in-addr.arpa',
    'ip6.arpa',
  ])('%s of a host', async (kind) => {
    await expect(await render(kind, 'vmm1')).toMatchFileSnapshot(`../../fixtures/cli/render-${kind}.txt`);
  });

  it.each(['install.conf', 'upgrade.conf'])('%s of a VM', async (kind) => {
    const text = await render(kind, 'web.1');
    expect(text).not.toContain('first-password');
    await expect(text).toMatchFileSnapshot(`../../fixtures/cli/render-${kind}.txt`);
  });

  it('shows secrets when they are asked for', async () => {
    expect(await render('install.conf', 'web.1', '--secrets')).toContain(`= ${KEY} first-password\n`);
  });

  it('starts what is installed, unless it is stopped on purpose', async () => {
    const text = await render('vm.conf');
    expect(text).toContain('vm "web.1" {\n\tenable\n');
    expect(text).toContain('vm "db" {\n\tdisable\n');
    expect(await render('vm.conf', '--stopped', 'web.1')).not.toContain('enable');
  });

  it('puts its part into a file and leaves the rest', async () => {
    const mine = join(directory, 'doas.conf');
    await writeFile(mine, '# mine\npermit persist :wheel');
    const once = await render('doas.conf', '--into', mine);
    expect(once).toBe(`# mine\npermit persist :wheel\n${await render('doas.conf')}`);
    await writeFile(mine, once);
    expect(await render('doas.conf', '--into', mine)).toBe(once);
  });

  it('makes known_hosts and SSHFP of host keys', async () => {
    const keys = join(directory, 'keys');
    await writeFile(keys, `127.77.0.10 ${KEY}\n`);
    expect(await render('known_hosts', 'web.1', '--host-keys', keys)).toBe(
      `web-1.example.net,127.77.0.10,2001:db8:0:100::2 ${KEY}\n`,
    );
    expect(await render('sshfp', 'web.1', '--host-keys', keys)).toMatch(
      /^web-1\.example\.net\. 3600 IN SSHFP 4 2 [0-9a-f]{64}\n$/,
    );
  });

  it.each([
    ['a kind that is none', ['vm.cfg'], 'USAGE', 'the kinds are vm.conf, dhcpd.conf'],
    ['a kind of every object', ['constructor'], 'USAGE', 'no kind'],
    ['a host that is not there', ['vm.conf', 'vmm9'], 'HOST_NOT_FOUND', 'the hosts are vmm1'],
    ['a VM that is not there', ['install.conf', 'web9'], 'VM_NOT_FOUND', 'web9'],
    ['no VM', ['install.conf'], 'USAGE', 'name it'],
    ['no host keys', ['sshfp', 'web.1'], 'USAGE', '--host-keys'],
    ['a stopped VM that is not there', ['vm.conf', '--stopped', 'x'], 'VM_NOT_FOUND', 'on vmm1'],
    ['a file that is not there', ['vm.conf', '--into', '/nonexistent'], 'USAGE', 'cannot be read'],
    ['a response file into another', ['install.conf', 'web.1', '--into', 'x'], 'USAGE', 'files of a host'],
  ])('refuses %s', async (_, args, code, text) => {
    await expect(render(...args)).rejects.toEqual(refusal(code, text));
  });

  it('asks which of several hosts', async () => {
    await writeFile(file, `${await readFile(file, 'utf8')}${HOST('vmm2', 2)}`);
    await expect(render('vm.conf')).rejects.toEqual(refusal('USAGE', 'vmm1, vmm2'));
    expect(await render('doas.conf', 'vmm2')).not.toContain('permit');
  });
});
