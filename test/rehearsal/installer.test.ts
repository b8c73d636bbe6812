import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/rehearsal/dhcp-client.ts';
import { runMachine } from '../../src/rehearsal/guest/machine.ts';
import {
  type FakeBoard,
  type FakeBoardOptions,
  fakeBoard,
  fakeFiles,
  SwitchedOff,
} from './peer/fake-board.ts';

const MENU = '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ';
const RESPONSE = [
  'Password for root account = secret-root',
  'Setup a user = puffy',
  'Password for user = secret-user',
  'HTTP Server = 10.76.0.1',
  'What timezone are you in = Europe/Berlin',
  '',
].join('\n');

async function play(options: FakeBoardOptions): Promise<FakeBoard> {
  const board = fakeBoard(options);
  await expect(runMachine(board, { kind: 'ramdisk', release: '7.6' })).rejects.toBeInstanceOf(SwitchedOff);
  return board;
}

const recordedOutput = (cast: string): string =>
  cast
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line) as [number, string, string])
    .filter(([, kind]) => kind === 'o')
    .map(([, , text]) => text)
    .join('')
    .replaceAll('\r\n', '\n');

/** Without what differs from run to run: ids, the processor, sizes of sets, how it was loaded, what runs at once. */
const comparable = (text: string): string[] =>
  text
    .split('\n')
    .filter(
      (line) =>
        !/^cpu0: |^booting |^>> |^boot> |^entry point |^fw_update: |^\/dev\/rsd|cylinder groups/.test(line),
    )
    .map((line) =>
      line.replace(/\([0-9a-f]{16}\./, '(DUID.').replace(/^\r(\S+ \S+) [\s\S]*100%[\s\S]*$/, '$1'),
    );

describe('autoinstall', () => {
  it('prints what the genuine installer prints, and nothing secret', async () => {
    const board = await play({ files: fakeFiles(RESPONSE), typed: ['a'] });
    expect(board.rebooted).toBe(true);
    expect(board.text()).not.toContain('secret');
    await expect(board.text()).toMatchFileSnapshot('../../fixtures/rehearsal/autoinstall.txt');
  });

  const key = (name: string): string =>
    `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILab${`${name}KeyLab`.repeat(4).slice(0, -3)}`;
  const recorded = [
    'Password for root account = x',
    `Public ssh key for root account = ${key('Root')} root@lab`,
    'Setup a user = puffy',
    'Full name for user puffy = Puffy Fish',
    'Password for user puffy = x',
    `Public ssh key for user puffy = ${key('User')} puffy@lab`,
    'What timezone are you in = Europe/Berlin',
    'HTTP Server = 10.76.0.1',
  ].join('\n');
  it.each([
    ['manual-a-76.cast', recorded, false, ['a']],
    ['autoinstall-76.cast', recorded, true, ['timeout']],
    ['fail-noanswer-76.cast', 'HTTP Server = 10.76.0.1\n', true, ['timeout']],
  ])('says line by line what was recorded: %s', async (name, answers, netbooted, typed) => {
    const board = await play({ files: fakeFiles(answers), netbooted, typed });
    const said = comparable(recordedOutput(readFileSync(`fixtures/transcripts/${name}`, 'utf8')));
    const end = said.findIndex((line) => /^rebooting|^failed;/.test(line)) + 1;
    expect(comparable(board.text()).slice(0, end)).toEqual(said.slice(0, end));
  });

  it('starts by itself after the timer when netbooted', async () => {
    const board = await play({ files: fakeFiles(RESPONSE), netbooted: true, typed: ['timeout'] });
    expect(board.text()).toContain(
      `Starting non-interactive mode in 5 seconds...\n${MENU}\nFetching http://10.76`,
    );
    expect(board.disk.installed?.hostName).toBe('labhost.lab.example');
  });

  it('RETURN stops the timer, and the menu asks again without a word', async () => {
    const board = await play({ netbooted: true, typed: ['', 'x', '^C'] });
    expect(board.text().endsWith(`${MENU}\n${MENU}x\n${MENU}\n${MENU}`)).toBe(true);
  });

  it.each<[string, Partial<Lease> | null, string]>([
    [
      'no lease',
      null,
      'No dhcp address on interface vio0 in 30 seconds.\nCould not determine auto server.\nCould not determine auto mode.\nResponse file location? ',
    ],
    ['no siaddr', { nextServer: null }, 'Could not determine auto server.\nResponse file location? '],
    [
      'another boot file',
      { filename: 'bsd.rd' },
      'Could not determine auto mode.\nResponse file location? [http://10.76.0.1/install.conf] ',
    ],
    [
      'a directory',
      { filename: 'obsd/auto_install', hostName: null },
      'Fetching http://10.76.0.1/obsd/fe:e1:bb:d1:4c:7a-install.conf?path=7.6/amd64\nFetching http://10.76.0.1/obsd/install.conf?path=7.6/amd64\nResponse file location? ',
    ],
  ])('%s leads to the question for a location', async (_, lease, text) => {
    const board = await play({ lease, typed: ['a'] });
    expect(board.text()).toContain(`${MENU}a\n${text}`);
  });

  it.each([
    [
      'an unknown disk',
      `${RESPONSE}Which disk is the root disk = wd7\n`,
      '[sd0] wd7\nno such disk\nfailed; check',
    ],
    [
      'a word that is no yes or no',
      `${RESPONSE}Start sshd(8) by default = maybe\n`,
      "'maybe' is not a valid choice.\nfailed; check",
    ],
    [
      'no timezone',
      RESPONSE.replace(/^What.*$/m, ''),
      `What timezone are you in? ('?' for list) \nQuestion has no answer in response file: "what timezone are you in? ('?' for list)"\nfailed; check`,
    ],
    [
      'sets given up',
      `${RESPONSE}Set name(s) = abort\n`,
      "Location of sets? (disk http nfs or 'done') [done] done\nAre you *SURE* your install is complete without 'bsd'? [no] no\nfailed; check",
    ],
    [
      'a page instead of a response file',
      '<html>\n<a href="x">404</a>\n',
      'has no answer in response file: "password for root account?"\nfailed; check',
    ],
  ])('%s ends at the menu', async (_, response, text) => {
    const board = await play({ files: fakeFiles(response), typed: ['a'] });
    expect(board.text()).toContain(text);
    expect(board.text().endsWith(`failed; check /tmp/ai/ai.log\n${MENU}`)).toBe(true);
    expect(board.disk.installed).toBeNull();
  });

  it('asks both questions for an unsigned site set, and selects it only when told', async () => {
    const answers = `${RESPONSE}Set name(s) = +site*\nChecksum test for site76.tgz failed. Continue anyway = yes\nUnverified sets: site76.tgz. Continue without verification = yes\n`;
    const board = await play({ files: fakeFiles(answers, true), typed: ['a'] });
    expect(board.text()).toContain('[ ] site76.tgz\n');
    expect(board.text()).toContain('Unverified sets: site76.tgz. Continue without verification? [no] yes\n');
    expect(board.disk.installed?.sets['site76.tgz']).toHaveLength(64);
  });

  it('takes static addresses', async () => {
    const network =
      'IPv4 address for vio0 = 10.76.0.11\nNetmask = 255.255.255.0\nDefault IPv4 route = 10.76.0.1\nIPv6 address for vio0 = 2001:db8::2/64\nIPv6 default router = 2001:db8::1\nDNS domain name = lab.example\nDNS nameservers = 10.76.0.1\n';
    const board = await play({ files: fakeFiles(`${RESPONSE}${network}`), typed: ['a'] });
    expect(board.text()).toContain(
      "Default IPv4 route? (IPv4 address or 'none') 10.76.0.1\n" +
        "IPv6 default router? (IPv6 address or 'none') [none] 2001:db8::1\n" +
        "DNS domain name? (e.g. 'example.com') [my.domain] lab.example\n" +
        "DNS nameservers? (IP address list or 'none') [none] 10.76.0.1\n\n",
    );
  });

  it('leaves the console silent when told to', async () => {
    const response = `${RESPONSE}Change the default console to com0 = no\n`;
    const board = await play({ files: fakeFiles(response), typed: ['a'] });
    expect(board.text().endsWith('rebooting...\n')).toBe(true);
    expect(board.disk.installed?.serialConsole).toBe(false);
  });
});

describe('by hand', () => {
  it('installs, with two looks at the password and no echo of it', async () => {
    const typed = [
      'i',
      '',
      'puffy',
      '',
      '',
      '',
      '',
      'one',
      'two',
      'sec\\ret',
      'sec\\ret',
      '',
      '',
      '',
      'puffy',
      'Puffy Fish',
      'user',
      'user',
    ];
    const rest = [
      'prohibit-password',
      '?',
      '',
      '',
      'w',
      'a',
      'http',
      '',
      '10.76.0.1',
      '',
      '-game*',
      'done',
      'done',
      'Europe',
      'Berlin',
      'S',
      'reboot',
    ];
    const board = await play({ files: fakeFiles(''), typed: [...typed, ...rest] });
    expect(board.text()).toContain(
      '(again) \nPasswords do not match, try again.\nPassword for root account? (will not echo) \n',
    );
    expect(board.text()).toContain("What sub-timezone of 'Europe' are you in? ('?' for list) Berlin\n");
    expect(board.text()).toContain(
      "Exit to (S)hell, (H)alt or (R)eboot? [reboot] S\nTo boot the new system, enter 'reboot' at the command prompt.\n\n# reboot\nsyncing disks... done\nrebooting...\n",
    );
    expect(board.text()).not.toMatch(/sec.?ret/);
    expect(board.disk.installed).toMatchObject({ hostName: 'puffy.lab.example', timezone: 'Europe/Berlin' });
    expect(Object.keys(board.disk.installed?.sets ?? {})).not.toContain('game76.tgz');
  });

  it('^C at a question leads to the shell, and exit from there to the menu', async () => {
    const board = await play({ typed: ['i', '^C', 'nosuch', 'exit'] });
    expect(board.text()).toContain(
      'Terminal type? [vt220] \n# nosuch\nksh: nosuch: not found\n# exit\nerase ^?',
    );
    expect(board.text().endsWith(MENU)).toBe(true);
  });

  it('`!` is a shell within a question', async () => {
    const board = await play({ typed: ['i', '!', 'exit', 'vt100'] });
    expect(board.text()).toContain(
      "[vt220] !\nType 'exit' to return to install.\n# exit\nTerminal type? [vt220] vt100\n",
    );
  });
});

describe('upgrade', () => {
  const installed = {
    release: '7.5',
    hostName: 'labhost.lab.example',
    timezone: 'UTC',
    users: ['root'],
    sshd: true,
    serialConsole: true,
    hostKey: 'SHA256:old',
    sets: {},
  };
  it('goes through the genuine questions and keeps the system', async () => {
    const files = fakeFiles('');
    files['http://10.76.0.1/upgrade.conf'] = 'HTTP Server = http://10.76.0.1\n';
    const board = await play({ installed, files, lease: { filename: 'auto_upgrade' }, typed: ['a'] });
    expect(board.text()).toContain(
      'Performing non-interactive upgrade...\nTerminal type? [vt220] vt220\nAvailable disks are: sd0.\n',
    );
    expect(board.text()).toContain(
      'CONGRATULATIONS! Your OpenBSD upgrade has been successfully completed!\n\n',
    );
    expect(board.disk.installed).toMatchObject({ release: '7.6', hostKey: 'SHA256:old' });
    expect(board.text()).not.toContain('sshd: ED25519');
  });

  it('refuses an empty disk', async () => {
    const files = { 'http://10.76.0.1/upgrade.conf': 'HTTP Server = x\n' };
    const board = await play({ files, lease: { filename: 'auto_upgrade' }, typed: ['a'] });
    expect(board.text()).toContain('sd0 is not a valid root disk.\nfailed; check');
  });
});

describe('sysupgrade', () => {
  const installed = {
    release: '7.5',
    hostName: 'labhost.lab.example',
    timezone: 'UTC',
    users: ['root'],
    sshd: true,
    serialConsole: true,
    hostKey: 'SHA256:old',
    sets: { bsd: 'old', 'base75.tgz': 'old', 'site75.tgz': 'old' },
    installUrl: 'http://10.76.0.1/pub/OpenBSD',
  };
  const LOGIN = ['root', 'rehearsal'];
  const boot = async (typed: readonly string[], options: Partial<FakeBoardOptions> = {}) => {
    const board = fakeBoard({ installed, files: fakeFiles(''), typed: [...LOGIN, ...typed], ...options });
    await expect(runMachine(board, { kind: 'disk' })).rejects.toBeInstanceOf(SwitchedOff);
    return board;
  };

  it('fetches, boots the kernel that it left, and upgrades from the disk without a question', async () => {
    const board = await boot(['sysupgrade']);
    expect(board.text()).toContain('Fetching from http://10.76.0.1/pub/OpenBSD/7.6/amd64/\n');
    expect(board.text()).toMatch(
      /Upgrading\.\nsyncing disks[\s\S]*bsd\.upgrade: [\s\S]*\(RAMDISK_CD\)[\s\S]*Welcome[\s\S]*\nPerforming non-interactive upgrade\.\.\.\n/,
    );
    expect(board.text()).toContain('[7.6/amd64] /home/_sysupgrade/\n');
    expect(board.text()).toMatch(
      /Continue without verification\? \[no\] yes\n[\s\S]*upgrade has been success[\s\S]*OpenBSD 7\.6 \(GENERIC\)/,
    );
    expect(board.disk.installed).toMatchObject({ release: '7.6', hostKey: 'SHA256:old', upgrade: null });
    expect(Object.keys(board.disk.installed?.sets ?? {})).toContain('base76.tgz');
  });

  it('is rebooted by the watchdog when it stands still, into the old release', async () => {
    const board = await boot(['sysupgrade'], { upgradeStalls: true });
    expect(board.text()).toMatch(/Installing base76\.tgz +40% [\s\S]*ETAWATCHDOG\nsyncing disks/);
    expect(board.text()).toMatch(
      /\/bsd\.upgrade is not u\+x\n[\s\S]*OpenBSD 7\.5 \(GENERIC\)[\s\S]*login: $/,
    );
    expect(board.disk.installed?.release).toBe('7.5');
  });

  it.each([
    [
      'sysupgrade -R 7.7',
      'ftp: Error retrieving http://10.76.0.1/pub/OpenBSD/7.7/amd64/SHA256.sig: 404 Not Found',
    ],
    ['sysupgrade -s', 'usage: sysupgrade '],
    ['sysupgrade -n', 'Will upgrade on next reboot'],
    ['uname -a', 'OpenBSD 7.5'],
  ])('%s stays at the shell', async (command, said) => {
    const board = await boot([command]);
    expect(board.text()).toContain(said);
    expect(board.text()).toMatch(/labhost# $/);
  });

  it('lets nobody in without the password', async () => {
    const board = await boot([], { typed: ['root', 'guess'] });
    expect(board.text()).toMatch(/Login incorrect\nlogin: $/);
  });
});

describe('from disk', () => {
  it('an empty disk does not boot', async () => {
    const board = fakeBoard({});
    await expect(runMachine(board, { kind: 'disk' })).rejects.toBeInstanceOf(SwitchedOff);
    expect(board.text()).toBe(
      'Booting from Hard Disk...\nBoot failed: not a bootable disk\n\nNo bootable disk.\n',
    );
  });
});
