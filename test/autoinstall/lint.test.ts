import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lintResponseFile } from '../../src/autoinstall/lint.ts';
import type { Mode } from '../../src/autoinstall/question.ts';
import { renderResponseFile } from '../../src/autoinstall/response-file.ts';
import type { Ipv4, Lladdr } from '../../src/common/address.ts';
import { installAnswers, type ResponseContext, upgradeAnswers } from '../../src/install/response.ts';
import { UNSAID, type Vm } from '../../src/inventory/vm.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILabRootKeyLabRootKeyLabRootKeyLabRootKey';
const HASH = `$2b$10$${'a'.repeat(53)}`;
/** A file without a fault, to which each row adds one. */
const GOOD = `System hostname = web
Password for root account = ${HASH}
Public ssh key for root account = ${KEY}
What timezone are you in = Europe/Berlin
HTTP Server = http://192.0.2.1
`;
const COMPLETE_UPGRADE = 'HTTP Server = http://192.0.2.1\n';

function rulesOf(text: string, release: string | null = '7.6', mode: Mode = 'install'): string[] {
  return lintResponseFile(text, { release, mode }).findings.map(
    ({ rule, severity, line }) => `${line ?? '-'} ${severity} ${rule}`,
  );
}

it('finds nothing in a good file', () => {
  expect(rulesOf(GOOD)).toEqual([]);
  expect(rulesOf(COMPLETE_UPGRADE, '7.6', 'upgrade')).toEqual([]);
});

it.each<[string, string, string[]]>([
  ['a misspelt key', 'Alow root ssh login = yes', ['6 error unknown-question']],
  ['half a word', 'Start sshd = no', ['6 error unknown-question']],
  [
    'a question of older releases',
    'Which network interface do you wish to configure = em0',
    ['6 warning not-asked'],
  ],
  ['a question of an upgrade', 'Force checking of clean non-root filesystems = yes', ['6 warning not-asked']],
  ['a question of people', 'Response file location = http://192.0.2.1/install.conf', ['6 warning not-asked']],
  ['a netmask that DHCP makes idle', 'Netmask for vio0 = 255.255.255.0', ['6 warning not-asked']],
  ['a user that is not set up', 'Full name for user puffy = Puffy', ['6 warning not-asked']],
  ['a second answer', 'System hostname = db', ['6 warning duplicate']],
  ['another key for an answered question', 'hostname = db', ['6 error shadowed']],
  ['a list number', 'HTTP Server = 3', ['6 warning duplicate']],
  ['no equals sign', 'System hostname web', ['6 warning not-an-answer']],
  ['no answer', 'DNS domain name =', ['6 warning empty-answer']],
  ['no question', '= web', ['6 warning empty-answer']],
  ['CR LF', 'DNS domain name = a.example\r', ['6 error line-ends']],
  ['an answer that is refused', 'Start sshd(8) by default = maybe', ['6 error bad-answer']],
  ['an exclamation mark', 'DNS domain name = !sh', ['6 warning exclamation']],
  ['a backslash', 'DNS domain name = a\\b', ['6 warning backslash']],
  ['a set of another release', 'Set name(s) = -game75* -xbase76.tgz', ['6 warning other-release']],
  ['the bare verification key', 'Continue without verification = yes', ['6 error accepts-bad-signature']],
  ['a part of it', 'without verification = yes', ['6 error accepts-bad-signature']],
  [
    'it for the signature in full',
    'Signature check of SHA256.sig failed. Continue without verification = yes',
    ['6 error accepts-bad-signature'],
  ],
  ['the bare checksum key', 'Continue anyway = yes', ['6 error accepts-bad-checksum']],
  ['a no to it', 'Continue without verification = no', ['6 warning ambiguous']],
  ['a user without a password', 'Setup a user = puffy', ['- error no-answer']],
  ['a fixed address without a route', 'IPv4 address for vio0 = 192.0.2.9/24', ['- error no-answer']],
  [
    'an encrypted disk without a passphrase',
    'Encrypt the root disk with a (p)assphrase or (k)eydisk = p',
    ['- error no-answer'],
  ],
  ['another release in the directory', 'Server directory = pub/OpenBSD/7.5/amd64', ['6 error other-release']],
  [
    'a key that the first of two takes',
    'Password for = x\nSetup a user = puffy\nPassword for user puffy = x',
    ['6 warning ambiguous', '6 warning clear-password', '8 error shadowed'],
  ],
  [
    'a site set without its keys',
    'Set name(s) = +site*',
    ['6 error site-unconfirmed', '6 error site-unconfirmed'],
  ],
  ['all sets, of which none may be a site set', 'Set name(s) = all', []],
  [
    'a site set that is not selected',
    'Checksum test for site76.tgz failed. Continue anyway = yes\nUnverified sets: site76.tgz. Continue without verification = yes',
    ['6 error site-not-selected'],
  ],
  [
    'a site set of another release',
    'Checksum test for site75.tgz failed. Continue anyway = yes',
    ['6 error other-release'],
  ],
  [
    'the site set of one host, which is selected by itself',
    'Checksum test for site76-web.tgz failed. Continue anyway = yes\nUnverified sets: site76-web.tgz. Continue without verification = yes',
    [],
  ],
  ['repeated questions with an answer each', 'Set name(s) = -game*\nSet name(s) = -x*', []],
  [
    'two interfaces',
    'Network interface to configure = vio0\nNetwork interface to configure = vio1\nIPv6 address for vio1 = autoconf',
    [],
  ],
  ['sets from a disk', 'Location of sets = disk\nPathname to the sets = /x', ['5 warning not-asked']],
  ['a region and its zone', 'DNS nameservers = 192.0.2.1', []],
])('%s', (_, added, expected) => {
  expect(rulesOf(`${GOOD}${added}\n`)).toEqual(expected);
});

it.each<[string, string, string[]]>([
  [
    'an empty file',
    '',
    ['- warning no-default', '- error no-answer', '- warning no-default', '- warning no-default'],
  ],
  ['a server without a scheme', GOOD.replace('http://', ''), ['5 warning no-scheme']],
  ['a server that is a number', GOOD.replace('http://192.0.2.1', '2'), ['5 error http-server']],
  ['a server with a path', GOOD.replace('192.0.2.1', 'cdn.example/pub'), ['5 error http-server']],
  ['a server with a port', GOOD.replace('192.0.2.1', '192.0.2.1:8080'), []],
  ['a password in clear', GOOD.replace(HASH, 'hunter2'), ['2 warning clear-password']],
  ['a hash of another system', GOOD.replace(HASH, '$6$salt$hash'), ['2 warning foreign-hash']],
  ['an account without a password', GOOD.replace(HASH, '*'.repeat(13)), []],
  ['what is no ssh key', GOOD.replace(KEY, '~/.ssh/id.pub'), ['3 warning ssh-key']],
  ['a region alone', GOOD.replace('Europe/Berlin', 'Europe'), ['- error no-answer']],
  [
    'a key in the middle of two questions',
    GOOD.replace('Public ssh key for root account', 'root account'),
    ['3 warning ambiguous'],
  ],
  [
    'an ssh key that becomes the password',
    `root account = ${KEY}\n${GOOD.replace(/^Password.*\n/m, '').replace(/^Public.*\n/m, '')}`,
    ['1 error taken-too-early', '1 warning clear-password'],
  ],
])('%s', (_, text, expected) => {
  expect(rulesOf(text)).toEqual(expected);
});

it.each<[string, string | null, string, string, string]>([
  ['its own', '7.5', '', '7.5', 'seen'],
  ['the directory names one', null, 'Server directory = pub/OpenBSD/7.4/amd64\n', '7.4', 'seen'],
  ['nothing names one', null, '', '7.6', 'seen'],
  ['newer than known', '8.0', '', '7.6', 'unverified'],
  ['between known ones', '6.9', '', '7.2', 'unverified'],
])('takes the questions of a release: %s', (_, release, added, basis, known) => {
  const report = lintResponseFile(`${GOOD}${added}`, { release, mode: 'install' });
  expect(report).toMatchObject({ basis, known });
  expect(report.findings.some(({ rule }) => rule === 'unverified-release')).toBe(known === 'unverified');
});

it('never proposes an answer that would trust any set', () => {
  for (const key of ['Unverified sets', 'Checksum test for', 'Signature check', 'Checksum']) {
    const { findings } = lintResponseFile(`${GOOD}${key} = yes\n`, { release: '7.6', mode: 'install' });
    expect(findings).not.toEqual([]);
    expect(findings.map(({ fix }) => fix).join('\n')).not.toMatch(/base\d\d|SHA256\.sig/);
  }
});

it('asks each release in its words', () => {
  const old = 'Which network interface do you wish to configure = vio0\n';
  expect(rulesOf(GOOD + old, '7.2')).toEqual([]);
  expect(rulesOf(`${GOOD}Network interface to configure = vio0\n`, '7.2')).toEqual(['6 warning not-asked']);
});

describe('what puffboot renders itself', () => {
  const vm: Vm = {
    ...UNSAID,
    name: 'web1',
    host: 'amd1',
    id: 1,
    hostName: 'web1',
    lladdr: 'fe:e1:bb:d1:4c:01' as Lladdr,
    ipv4: '192.0.2.10' as Ipv4,
    ipv6: '2001:db8:0:101::/64',
    owner: 'puffy',
    sshKeys: [KEY],
    memoryMiB: 1024,
    diskSizesMiB: [20_480],
    diskFormat: 'qcow2',
    release: '7.6',
    arch: 'amd64',
    sets: ['-game*', '-x*'],
    timezone: 'Europe/Amsterdam',
    createdAt: 0,
  };
  const context = {
    router: '192.0.2.1' as Ipv4,
    netmask: '255.255.255.0' as Ipv4,
    privateAddresses: [],
    consoleSpeed: 115200,
    domain: 'example.net',
    dns: ['192.0.2.1'],
    setServer: 'http://192.0.2.1',
  };
  it.each<[string, Partial<Vm>, Partial<ResponseContext>?]>([
    ['with an owner', {}],
    ['with a site set', { sets: ['-game*', '+site*'], hostName: 'web.example.net' }],
    ['with a slow console', {}, { consoleSpeed: 9600 }],
    ['with private networks', {}, { privateAddresses: ['10.64.1.1' as Ipv4, '10.64.2.1' as Ipv4] }],
    [
      'with a private network and a fixed address',
      { ipv4Method: 'static' },
      { privateAddresses: ['10.64.1.1' as Ipv4] },
    ],
    ['without an owner', { owner: null }],
    ['without a key', { sshKeys: [], ipv6: null }],
    ['with a fixed address', { ipv4Method: 'static' }],
    ['with a template and a name', { disklabel: 'http://192.0.2.1/d', fullName: 'Doe, J. & "Co": =' }],
  ])('has no fault: %s', (_, change, more = {}) => {
    const install = renderResponseFile(installAnswers({ ...vm, ...change }, { ...context, ...more }));
    expect(rulesOf(install)).toEqual([]);
    expect(rulesOf(renderResponseFile(upgradeAnswers(vm, context)), '7.6', 'upgrade')).toEqual([]);
  });
});

it('never throws, and never shows a secret', () => {
  const secret = 'S3cretOfTheFile';
  const keys = fc.constantFrom(
    'Password for root account',
    'Password for',
    'root account',
    'Public ssh key for user x',
    'HTTP Server',
    'Set name(s)',
    'Setup a user',
    'Start sshd(8) by default',
    'Pasword',
    'Network interface to configure',
    'Location of sets',
    'IPv4 address for vio0',
  );
  const values = fc.constantFrom(
    secret,
    `\\${secret}`,
    `!${secret}`,
    `$6$${secret}`,
    `ssh-rsa AAAAAAAAAAAAAAAAAAAAA ${secret}`,
    '3',
  );
  const line = fc.oneof(
    fc.tuple(keys, values).map(([key, value]) => `${key} = ${value}`),
    fc.string(),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 12 }),
      fc.constantFrom<Mode>('install', 'upgrade'),
      (lines, mode) => {
        const report = lintResponseFile(lines.join('\n'), { release: null, mode });
        expect(JSON.stringify(report)).not.toContain(secret);
      },
    ),
  );
});
