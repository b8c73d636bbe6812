import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeSets } from '../../src/rehearsal/io/sets.ts';
import { type BootServer, type BootServerOptions, openBootServer } from './peer/boot-server.ts';
import { openHost, type Screen, type TestHost } from './peer/host.ts';

const LLADDR = 'fe:e1:bb:d1:4c:07';
const MENU = '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ';
const ANSWERS = {
  'System hostname': 'web1',
  'Password for root account': '*************',
  'Setup a user': 'puffy',
  'Password for user puffy': '*************',
  'Set name(s)': '-game* -x*',
  'What timezone are you in': 'Europe/Amsterdam',
};

interface Scene {
  readonly server: BootServer;
  readonly host: TestHost;
}

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function openScene(
  serverOptions: Partial<BootServerOptions> = {},
  vmLines: readonly string[] = [],
  answers: Readonly<Record<string, string>> = ANSWERS,
  pxe: readonly string[] = [],
): Promise<Scene> {
  const server = await openBootServer({ address: '127.77.0.1', leased: '127.77.0.11', ...serverOptions });
  opened.push(() => server.close());
  const { dhcpPort, httpPort } = server;
  const host = await openHost({ dhcpPort, httpPort, relayAddress: '127.77.0.254', pxe });
  opened.push(() => host.close());
  await serveSets(server, join(host.root, 'sets'));
  const lines = { 'HTTP Server': `http://127.77.0.1:${httpPort}`, ...answers };
  const file = Object.entries(lines).map(([key, value]) => `${key} = ${value}\n`);
  server.files.set('/install.conf', file.join(''));
  await host.vmctl('create', '-s', '10G', '/home/vm/web1.qcow2');
  await host.write('etc/web1.conf', vmConf(vmLines));
  const loaded = await host.vmctl('load', '/etc/web1.conf');
  expect(loaded).toEqual({ status: 0, stdout: '', stderr: '' });
  return { server, host };
}

async function serveSets(server: BootServer, directory: string): Promise<void> {
  const path = await makeSets(directory, '7.6', 'amd64');
  for (const name of await readdir(path)) {
    server.files.set(`/pub/OpenBSD/7.6/amd64/${name}`, await readFile(join(path, name)));
  }
}

const vmConf = (lines: readonly string[]): string =>
  [
    '# rendered for the test',
    'vm "web1" {',
    '\tdisable',
    '\tmemory 1024M',
    '\tdisk "/home/vm/web1.qcow2" format qcow2',
    `\tinterface { switch "uplink" locked lladdr ${LLADDR} }`,
    '\towner :_puffboot',
    ...lines,
    '}',
    '',
  ].join('\n');

const KERNEL = '/sets/pub/OpenBSD/7.6/amd64/bsd.rd';

async function openMenu({ host }: Scene): Promise<Screen> {
  const screen = host.open('start', '-c', '-b', KERNEL, 'web1');
  await screen.until(MENU);
  return screen;
}

describe('an install', () => {
  it('goes from bsd.rd to login on one console', async () => {
    const scene = await openScene();
    const { server, host } = scene;
    const screen = await openMenu(scene);
    screen.type('a\r');
    await screen.until('Performing non-interactive install...');
    await screen.until('CONGRATULATIONS! Your OpenBSD install has been successfully completed!');
    await screen.until('rebooting...');
    await screen.until(/sshd: ED25519 SHA256:[A-Za-z0-9+/]{43}\r\n/);
    await screen.until('OpenBSD/amd64 (web1.demo.example) (tty00)\r\n\r\nlogin: ');
    screen.type('root\r');
    await screen.until('Password:');
    screen.type('secret\r');
    await screen.until('Login incorrect\r\nlogin: ');
    expect(screen.text()).not.toContain('secret');

    expect(screen.text()).toMatch(/^Connected to \/dev\/ttyp0 \(speed 115200\)\r\nCopyright \(c\) 1982/);
    expect(server.requests[0]).toBe(`/${LLADDR}-install.conf?path=7.6/amd64 127.77.0.11`);
    const asked = server.requests.map((line) => line.split(' ')[0]?.split('/').at(-1));
    expect(asked.filter((name) => name?.endsWith('.tgz'))).toEqual(['base76.tgz', 'comp76.tgz', 'man76.tgz']);
    const image = JSON.parse(await host.read('home/vm/web1.qcow2'));
    expect(image.installed).toMatchObject({
      hostName: 'web1.demo.example',
      users: ['root', 'puffy'],
      release: '7.6',
    });
    screen.type('\r~.');
    expect(await screen.closed).toBe(0);
    expect(screen.text().endsWith('\r\r\n[EOT]\r\n')).toBe(true);
    expect((await host.vmctl('status', 'web1')).stdout).toContain('running web1');
  });

  it('asks by host name too when the lease has one, and is relayed with its source port', async () => {
    const scene = await openScene({ hostName: 'puffy' });
    const screen = await openMenu(scene);
    screen.type('A\r');
    await screen.until('/puffy-install.conf?path=7.6/amd64\r\n');
    await screen.until("System hostname? (short form, e.g. 'foo') [puffy] web1\r\n");
    const [discover = new Uint8Array()] = scene.server.messages;
    expect([...discover.subarray(24, 28)]).toEqual([127, 77, 0, 254]);
    expect(Buffer.from(discover).includes(Buffer.from([82, 2, 19, 0]))).toBe(true);
    expect(Buffer.from(discover).includes(Buffer.from([55, 8, 1, 3, 6, 12, 15, 28, 119, 121]))).toBe(true);
  });

  it('with `boot device net` starts by itself and ends stopped', async () => {
    const server = await openScene({}, [`\tboot "/etc/web1.conf"`, '\tboot device net']);
    const screen = server.host.open('start', '-c', 'web1');
    await screen.until('Starting non-interactive mode in 5 seconds...\r\n(I)nstall');
    await screen.until('CONGRATULATIONS!');
    expect(await screen.closed).toBe(0);
    expect(screen.text()).toContain('[EOT]');
    await stopped(server.host);
  });
});

describe('a machine with a PXE ROM', () => {
  it('boots from the network only with -b, and where that fails from its disk', async () => {
    const { host } = await openScene({ silent: true }, [], ANSWERS, ['web1']);
    const plain = host.open('start', '-c', 'web1');
    await plain.until('Boot failed: not a bootable disk');
    expect(await host.read('var/log/daemon')).not.toContain('network boot');
    await host.vmctl('stop', '-fw', 'web1');
    await plain.closed;
    await stopped(host);
    const netbooting = host.open('start', '-c', '-b', KERNEL, 'web1');
    await netbooting.until('Boot failed: not a bootable disk');
    expect(netbooting.text()).not.toContain('RAMDISK');
    expect(await host.read('var/log/daemon')).toContain(
      `${LLADDR}: network boot failed: no DHCP offer; next: the disk\n`,
    );
  });
});

/** A VM whose console has closed is for a moment neither running nor startable, as vmd(8)'s own are. */
const stopped = (host: { vmctl(...argv: string[]): Promise<{ readonly stdout: string }> }) =>
  expect
    .poll(async () => (await host.vmctl('status')).stdout, { timeout: 90_000 })
    .toMatch(/ - +:_puffboot +stopped web1\n/);

describe('a failing install', () => {
  it('without a root password ends at the menu, and the shell has the log', async () => {
    const scene = await openScene({}, [], { 'System hostname': 'web1' });
    const screen = await openMenu(scene);
    screen.type('a\r');
    await screen.until(
      'Password for root account? \r\n' +
        'Question has no answer in response file: "password for root account?"\r\n' +
        `failed; check /tmp/ai/ai.log\r\n${MENU}`,
    );
    screen.type('s\r');
    await screen.until('\r\n# ');
    screen.type('cat /tmp/ai/ai.log\r');
    await screen.until('no answer in response file: "password for root account?"\r\n# ');
    screen.type('exit\r');
    await screen.until(`Welcome to the OpenBSD/amd64 7.6 installation program.\r\n${MENU}`);
  });

  it('without HTTP waits for a location, then leads to the shell', async () => {
    const scene = await openScene();
    scene.server.files.clear();
    const screen = await openMenu(scene);
    const url = `http://127.77.0.1:${scene.server.httpPort}/install.conf`;
    screen.type('a\r');
    await screen.until(`Response file location? [${url}] `);
    screen.type('\r');
    await screen.until(`Fetching ${url}\r\nNo response file found; non-interactive mode aborted.\r\n\r\n# `);
  });

  it('takes a location whose query hides the mode, after which failing leads to the shell', async () => {
    const scene = await openScene({ filename: 'pxeboot' }, [], { 'System hostname': 'web1' });
    const screen = await openMenu(scene);
    screen.type('a\r');
    await screen.until('Could not determine auto mode.\r\nResponse file location? [');
    screen.type(`http://127.77.0.1:${scene.server.httpPort}/install.conf?a=b\r`);
    await screen.until('(I)nstall or (U)pgrade? ');
    screen.type('i\r');
    await screen.until('failed; check /tmp/ai/ai.log\r\n\r\n# ');
  });

  it('without DHCP tells so', async () => {
    const scene = await openScene({ silent: true });
    const screen = await openMenu(scene);
    screen.type('a\r');
    await screen.until('No dhcp address on interface vio0 in 30 seconds.\r\n');
    await screen.until(
      'Could not determine auto server.\r\nCould not determine auto mode.\r\nResponse file location? ',
    );
    expect(scene.server.messages.length).toBeGreaterThan(2);
  });

  it.each([
    ['a changed set', 'base76.tgz', 'Checksum test for base76.tgz failed. Continue anyway? [no] no\r\n'],
    ['a missing set', 'comp76.tgz', 'Fetching of comp76.tgz failed. Continue anyway? [no] no\r\n'],
    ['a changed SHA256.sig', 'SHA256.sig', 'Unable to get a verified list of distribution sets.\r\n'],
  ])('stops at %s', async (title, name, text) => {
    const scene = await openScene();
    const path = `/pub/OpenBSD/7.6/amd64/${name}`;
    const whole = Buffer.from(scene.server.files.get(path) ?? '');
    if (title.includes('missing')) scene.server.files.delete(path);
    else scene.server.files.set(path, Buffer.concat([whole, Buffer.from('x\n')]));
    const screen = await openMenu(scene);
    screen.type('a\r');
    await screen.until(text);
    await screen.until(`failed; check /tmp/ai/ai.log\r\n${MENU}`);
    expect(await scene.host.read('home/vm/web1.qcow2')).toContain('"installed": null');
  });

  it('says what it looked for when the set server is down', async () => {
    const scene = await openScene({}, [], { ...ANSWERS, 'HTTP Server': 'http://127.77.0.1:1' });
    const screen = await openMenu(scene);
    screen.type('a\r');
    await screen.until('Unable to get a verified list of distribution sets.\r\n');
    await screen.until('Looked at  and found no OpenBSD/amd64 7.6 sets.  The set names looked for were:\r\n');
    await screen.until('failed; check /tmp/ai/ai.log\r\n');
  });
});

describe('a console', () => {
  it('is for one client, and its end is not the end of the VM', async () => {
    const scene = await openScene();
    const { host } = scene;
    const first = await openMenu(scene);
    const busy = await host.vmctl('console', 'web1');
    expect(busy).toEqual({ status: 1, stdout: '', stderr: 'cu: open("/dev/ttyp0"): Device busy\n' });
    first.type('a\r');
    await first.until('Performing non-interactive install...');
    first.hangUp();
    await first.closed;
    const second = host.open('console', 'web1');
    await second.until('Connected to /dev/ttyp0 (speed 115200)\r\n');
    // The VM may be at its login already: what it printed before is lost, RETURN makes it print again.
    second.type('\r');
    await second.until('login: ');
    expect(second.text()).not.toContain('Performing');
  });

  it('ends when the VM is ended', async () => {
    const scene = await openScene();
    const screen = await openMenu(scene);
    const end = await scene.host.vmctl('stop', '-fw', 'web1');
    expect(end).toEqual({ status: 0, stdout: '', stderr: 'stopping vm web1: terminated vm 1\n' });
    expect(await screen.closed).toBe(0);
    expect(screen.text()).toContain('[EOT]');
    await stopped(scene.host);
    const again = await scene.host.vmctl('stop', 'web1');
    expect(again).toMatchObject({
      status: 1,
      stderr: 'stopping vm web1: cannot stop vm that is not running\n',
    });
    expect((await scene.host.vmctl('console', 'web1')).stderr).toBe('vmctl: console not found\n');
  });
});

describe('the host', () => {
  const alive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it.each(['stopped', 'killed'])('%s leaves no VM behind', async (how) => {
    const scene = await openScene();
    const screen = await openMenu(scene);
    const { stdout } = await scene.host.vmctl('status');
    const guest = Number(/^ +1 +(\d+)/m.exec(stdout)?.[1]);
    const vmd = Number(/vmd\[(\d+)\]/.exec(await scene.host.read('var/log/daemon'))?.[1]);
    expect([alive(guest), alive(vmd)]).toEqual([true, true]);
    if (how === 'killed') process.kill(vmd, 'SIGKILL');
    else await scene.host.host.stop();
    await screen.closed;
    await expect.poll(() => [alive(guest), alive(vmd)], { timeout: 90_000 }).toEqual([false, false]);
    expect(await scene.host.vmctl('status')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^vmctl: connect: \/var\/run\/vmd.sock: /),
    });
  });

  it.each([
    ['a second start', ['start', 'web1'], 'vmctl: start vm command failed: Operation already in progress\n'],
    ['an unknown VM', ['start', 'web2'], 'vmctl: start vm command failed: No such file or directory\n'],
    ['stopping an unknown VM', ['stop', 'web2'], 'stopping vm web2: vm not found\n'],
    ['a file that is not there', ['load', '/etc/nosuch.conf'], 'vmctl: command failed\n'],
    [
      'an image that is there',
      ['create', '-s', '1G', '/home/vm/web1.qcow2'],
      'vmctl: create imagefile operation failed: File exists\n',
    ],
  ])('%s fails in vmctl words', async (_, words, stderr) => {
    const { host } = await openScene();
    const started = await host.vmctl('start', 'web1');
    expect(started).toEqual({
      status: 0,
      stdout: '',
      stderr: 'vmctl: started vm 1 successfully, tty /dev/ttyp0\n',
    });
    expect(await host.vmctl(...words)).toEqual({ status: 1, stdout: '', stderr });
  });

  it('says in its log why a configuration was refused', async () => {
    const { host } = await openScene();
    await host.write('etc/bad.conf', 'vm "x" {\n frob\n}\n');
    expect((await host.vmctl('load', '/etc/bad.conf')).status).toBe(1);
    expect(await host.read('var/log/daemon')).toContain('/etc/bad.conf:2: syntax error\n');
  });

  it('locks an image while a VM has it', async () => {
    const { host } = await openScene();
    await host.write('etc/other.conf', 'vm "web2" {\n disk "/home/vm/web1.qcow2"\n}\n');
    await host.vmctl('load', '/etc/other.conf');
    await host.vmctl('start', 'web1');
    expect((await host.vmctl('start', 'web2')).stderr).toBe('vmctl: could not open disk image(s)\n');
  });
});
