import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostAccess } from '../../src/host/access.ts';
import { rehearsalAccess } from '../../src/rehearsal/io/rehearsal-access.ts';
import { makeHost } from '../../src/rehearsal/io/simulated-host.ts';
import { doasPermits, parseDoasConf } from '../../src/rehearsal/root/doas-rules.ts';
import { drawFault } from '../../src/rehearsal/root/faults.ts';

let root: string;
let host: HostAccess;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'puffboot-root-'));
  await makeHost(root);
  const openPty = () => {
    throw new Error('no console here');
  };
  host = rehearsalAccess({ root, become: ['doas'], now: () => 0, openPty });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const run = (line: string, asRoot = false) => host.run(line.split(' '), { asRoot });

describe('commands of the simulated host', () => {
  it.each([
    ['frobnicate', 127, 'sh: frobnicate: not found\n'],
    ['rm /etc/passwd', 1, 'rm: /etc/passwd: Permission denied\n'],
    ['tee /etc/vm.conf', 1, 'tee: /etc/vm.conf: Permission denied\n'],
    ['cat /etc/doas.conf', 1, 'cat: /etc/doas.conf: Permission denied\n'],
    ['useradd carol', 1, 'useradd: Program must be run as root\n'],
    ['rcctl restart dhcpd', 1, 'rcctl restart: need root privileges\n'],
    ['vmctl reload', 1, 'vmctl: command failed\n'],
    ['sh /etc/netstart veb0', 1, 'netstart: need root privileges\n'],
    ['sysctl net.inet.ip.forwarding=1', 1, 'sysctl: net.inet.ip.forwarding: Operation not permitted\n'],
    ['ln /etc/passwd /home/vm/none/x', 1, 'ln: /home/vm/none/x: No such file or directory\n'],
    ['id carol', 1, 'id: carol: no such user\n'],
  ])('to a user: %s', async (line, status, stderr) => {
    expect(await run(line)).toMatchObject({ status, stderr });
  });

  it.each([
    ['useradd puffy', 1, "useradd: already a `puffy' user\n"],
    ['useradd -G vmdusers carol', 1, "useradd: aborting, group `vmdusers' does not exist\n"],
    ['usermod -G wheel carol', 1, "usermod: No such user `carol'\n"],
    ['usermod -Z -U puffy', 1, 'usermod: options -Z and -U are mutually exclusive\n'],
    ['usermod -Z _vmd', 1, "usermod: (un)locking is not supported for the `_vmd' account\n"],
    ['sh /etc/netstart veb9', 0, 'netstart: /etc/hostname.veb9: No such file or directory\n'],
    ['httpd -n -f /etc/passwd', 1, '/etc/passwd:1: syntax error\n'],
    ['groupadd wheel', 1, /^groupadd: group `wheel' already exists\ngroupadd: can't add group/],
    ['vmd -n -f /etc/none', 1, 'failed to open /etc/none: No such file or directory\n'],
    ['rcctl restart frobd', 2, 'rcctl: service frobd does not exist\n'],
  ])('to root: %s', async (line, status, stderr) => {
    const said = await run(line, true);
    expect(said.status).toBe(status);
    expect(said.stderr).toMatch(stderr);
  });

  it('adds accounts that everything else then knows', async () => {
    await run('groupadd vmdusers', true);
    expect(await run('useradd -m -c Carol -g =uid -G vmdusers carol', true)).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect((await run('id carol')).stdout).toBe(
      'uid=1003(carol) gid=1003(carol) groups=1003(carol), 1002(vmdusers)\n',
    );
    expect((await run('getent passwd carol')).stdout).toBe('carol:*:1003:1003:Carol:/home/carol:/bin/ksh\n');
    expect((await run('stat -f %Su:%Sg:%OLp /home/carol')).stdout).toBe('carol:carol:755\n');
    await run('userdel carol', true);
    expect((await run('getent passwd carol')).status).toBe(2);
  });

  it.each([
    ['a login', 'owner carol', 'failed to get user: carol'],
    ['a group', 'owner puffy:friends', 'failed to get group: friends'],
    ['a disk', 'disk "/home/vm/none.qcow2"', 'failed to parse disks: /home/vm/none.qcow2'],
    ['a kernel', 'boot "/bsd.none"', 'kernel path not found: No such file or directory'],
  ])('vmd -n misses %s', async (_, option, complaint) => {
    await host.write('/etc/new.conf', `vm "a" {\n\t${option}\n}\n`, { asRoot: true });
    expect(await run('vmd -n -f /etc/new.conf', true)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(complaint),
    });
  });

  it.each([
    ['vmd -n -f /etc/new.conf', 'vm "a" {\n\tdisable\n}\n', 'vm "a" {\n'],
    ['dhcpd -n -c /etc/new.conf', 'option domain-name "x";\n', 'option domain-name "x"\n'],
    ['doas -C /etc/new.conf', 'permit nopass puffy as root cmd pkill args "-9"\n', 'permit nopass\n'],
    ['pfctl -n -f /etc/new.conf', 'pass out on egress\n', 'poss out on egress\n'],
  ])('%s tells a good file from a bad one', async (line, good, bad) => {
    await host.write('/etc/new.conf', good, { asRoot: true });
    expect((await run(line, true)).status).toBe(0);
    await host.write('/etc/new.conf', bad, { asRoot: true });
    expect(await run(line, true)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/line|new\.conf/),
    });
  });

  it('a dhcpd with a bad file does not come up again', async () => {
    expect((await run('rcctl restart dhcpd', true)).stdout).toBe('dhcpd(ok)\n');
    await host.write('/etc/dhcpd.conf', 'host {', { asRoot: true });
    expect(await run('rcctl restart dhcpd', true)).toMatchObject({
      status: 1,
      stdout: 'dhcpd(ok)\ndhcpd(failed)\n',
    });
    expect((await run('rcctl check dhcpd')).stdout).toBe('dhcpd(failed)\n');
  });

  it('notes what ran', async () => {
    await run('echo one two', true);
    expect(await readFile(join(root, 'var/log/commands'), 'utf8')).toBe('_puffboot doas echo one two\n');
  });

  it('fails where it is told to, as often as it is told to', async () => {
    const rows = [{ command: '^echo', do: 'exit', status: 3, stderr: 'no\n', skip: 1, times: 1 }];
    await writeFile(join(root, 'fail.json'), JSON.stringify(rows));
    const statuses = [await run('echo'), await run('echo', true), await run('echo')].map(
      ({ status }) => status,
    );
    expect(statuses).toEqual([0, 3, 0]);
  });

  it('may carry out what it then does not answer', async () => {
    await writeFile(
      join(root, 'fail.json'),
      JSON.stringify([{ command: '^mkdir', do: 'drop', after: true, times: 1 }]),
    );
    await expect(run('mkdir /home/vm/new')).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
    expect((await run('test -d /home/vm/new')).status).toBe(0);
  });

  it('hangs no longer than it is waited for', async () => {
    await writeFile(join(root, 'fail.json'), JSON.stringify([{ command: '^sync', do: 'hang' }]));
    await expect(host.run(['sync'], { seconds: 0.05 })).rejects.toThrow('sync: no end within 0.05 s');
  });
});

describe('doas', () => {
  const decide = (conf: string, ...argv: string[]) => {
    const parsed = parseDoasConf(conf);
    return 'error' in parsed ? parsed.error : doasPermits(parsed.rules, 'puffy', ['puffy', 'ops'], argv);
  };

  it.each([
    ['permit nopass puffy\n', 'permit'],
    ['permit puffy\n', 'password'],
    ['', 'deny'],
    ['permit nopass :ops as root cmd pkill\n', 'permit'],
    ['permit nopass puffy cmd pkill args -9 -xf "vmd: a"\n', 'permit'],
    ['permit nopass puffy cmd pkill args -9\n', 'deny'],
    ['permit nopass puffy\ndeny puffy cmd pkill\n', 'deny'],
    ['permit nopass setenv { A=b } puffy\n', 'permit'],
    ['permit nopass "puffy" as "root" cmd "pkill"\n', 'permit'],
    ['# a comment\npermits puffy\n', 'doas: syntax error at line 2'],
    ['permit puffy cmd\n', 'doas: syntax error at line 1'],
  ])('%j', (conf, decision) => {
    expect(decide(conf, 'pkill', '-9', '-xf', 'vmd: a')).toBe(decision);
  });
});

describe('a fault', () => {
  it('is the first row that fits, and is used up', () => {
    const rows = [
      { command: '^tee', do: 'full', times: 2 },
      { command: '^te', do: 'drop' },
    ] as const;
    const first = drawFault(rows, 'tee /x');
    expect(first).toEqual({ fault: rows[0], rest: [{ ...rows[0], times: 1 }, rows[1]] });
    expect(drawFault(first.rest ?? [], 'tee /x')).toEqual({
      fault: { ...rows[0], times: 1 },
      rest: [rows[1]],
    });
    expect(drawFault(rows, 'test -f x')).toEqual({ fault: rows[1], rest: null });
    expect(drawFault(rows, 'cat')).toEqual({ fault: null, rest: null });
  });
});
