import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { siteCommand } from '../../src/cli/site.ts';
import { vmCommand } from '../../src/cli/vm.ts';
import { run } from './run.ts';

/** A key by its number: any 32 bytes are one. */
const keyOf = (number: number, comment: string): string => {
  const type = Buffer.from('ssh-ed25519');
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return `ssh-ed25519 ${Buffer.concat([field(type), field(Buffer.alloc(32, number))]).toString('base64')} ${comment}`;
};
const KEYS = [keyOf(1, "puffy's laptop"), keyOf(2, "puffy's desk")];

describe('the house defaults of a site set', () => {
  let directory: string;
  let root: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-site-'));
    root = join(directory, 'root');
    await config('');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const config = (site: string, second = '') =>
    writeFile(
      join(directory, 'puffboot.toml'),
      `stateDirectory = "${directory}/state"
       [[subnets]]
       cidr = "127.77.0.0/24"
       router = "127.77.0.1"
       bootAddress = "127.77.0.1"
       ${second}
       [netboot]
       httpPort = 8080
       [site]
       ${site}
       [[hosts]]
       name = "vmm1"
       capacity = 2
       lladdrPrefix = "fe:e1:bb:d1:4c"
       ipv4Range = "127.77.0.10-127.77.0.19"\n`,
    );
  const build = (...args: readonly string[]) =>
    run(
      siteCommand(),
      'build',
      ...args,
      '-f',
      join(directory, 'puffboot.toml'),
      '-o',
      join(directory, 'site.tgz'),
    );
  const member = (path: string) =>
    execFileSync('tar', ['-xzOf', join(directory, 'site.tgz'), path], { encoding: 'utf8' });

  /** The script as the installer runs it, but for the root that it runs in and the commands of OpenBSD. */
  async function install(): Promise<string> {
    for (const path of ['etc', 'var/cron/tabs', 'root/.ssh', 'home/puffy/.ssh', 'bin']) {
      await mkdir(join(root, path), { recursive: true });
    }
    await writeFile(join(root, 'home/puffy/.ssh/authorized_keys'), `${KEYS[0]}\n`);
    for (const command of ['rcctl', 'ftp']) {
      await writeFile(join(root, 'bin', command), `#!/bin/sh\necho ${command} "$@"\n`);
      await chmod(join(root, 'bin', command), 0o755);
    }
    execFileSync('tar', ['-xzf', join(directory, 'site.tgz'), '--no-same-owner', '-C', root]);
    const script = await readFile(join(root, 'install.site'), 'utf8');
    const moved = script
      .replaceAll(/(?<=['> f])\/(etc|var|root|home)\//g, `${root}/$1/`)
      .replaceAll(/^\/etc/gm, `${root}/etc`);
    return execFileSync('sh', ['-c', moved], {
      encoding: 'utf8',
      env: { PATH: `${root}/bin:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  const file = (path: string) => readFile(join(root, path), 'utf8');

  it('set up a new system, and report that it is done', async () => {
    await config('rdate = "ntp.example.net"\nfirstTime = ["syspatch; echo \'done\'"]\n');
    await build('--release', '7.6');
    expect(await install()).toBe(
      'rcctl enable ntpd\nrcctl disable sndiod\nftp -w 15 -Mo /dev/null http://127.77.0.1:8080/install-done\n',
    );
    expect(await file('etc/installurl')).toBe('https://cdn.openbsd.org/pub/OpenBSD\n');
    expect(await file('etc/sysctl.conf')).toBe('kern.timecounter.hardware=tsc\n');
    expect(await file('var/cron/tabs/root')).toBe('*/15\t*\t*\t*\t*\trdate -s ntp.example.net\n');
    expect(await file('etc/rc.firsttime')).toBe("syspatch; echo 'done'\n");
  });

  it("run the operator's own install.site, whose failure is the installer's to see", async () => {
    const site = join(directory, 'site');
    await mkdir(site);
    await writeFile(join(site, 'install.site'), '#!/bin/sh\necho own\nexit 3\n');
    await chmod(join(site, 'install.site'), 0o755);
    await build(site, '--release', '7.6');
    const failed = await install().catch((error: { status: number; stdout: string }) => error);
    expect(failed).toMatchObject({ status: 3, stdout: 'rcctl enable ntpd\nrcctl disable sndiod\nown\n' });
  });

  it("give a VM's owner his further keys, once each", async () => {
    const keyFile = join(directory, 'keys');
    await writeFile(keyFile, `${KEYS.join('\n')}\n`);
    const flags = KEYS.flatMap((key) => ['--key', key]);
    await run(
      vmCommand(),
      'add',
      '-f',
      join(directory, 'puffboot.toml'),
      'web1',
      '--owner',
      'puffy',
      ...flags,
    );
    const { stdout } = await build('--vm', 'web1');
    expect(stdout).toMatch(/ as site76-web1\.tgz,/);
    await install();
    await install();
    const lines = (await file('home/puffy/.ssh/authorized_keys')).trimEnd().split('\n');
    expect(lines[0]).toBe(KEYS[0]);
    expect(lines.slice(1)).toEqual([keyOf(2, '').trimEnd()]);
  });

  it('are the same bytes for the same input', async () => {
    const [first, second] = [
      await build('--release', '7.6').then(bytes),
      await build('--release', '7.6').then(bytes),
    ];
    expect(second.equals(first)).toBe(true);
  });
  const bytes = () => readFile(join(directory, 'site.tgz'));

  it('name the server where there are several', async () => {
    await config(
      '',
      '[[subnets]]\ncidr = "127.78.0.0/24"\nrouter = "127.78.0.1"\nbootAddress = "127.78.0.1"\n',
    );
    await expect(build('--release', '7.6')).rejects.toMatchObject({ code: 'USAGE' });
    await build('--release', '7.6', '--server', 'http://127.78.0.1/');
    expect(member('install.site')).toContain("'http://127.78.0.1/install-done'");
  });

  it('are not part of a bare one', async () => {
    await expect(build('--release', '7.6', '--bare')).rejects.toMatchObject({ code: 'USAGE' });
  });
});
