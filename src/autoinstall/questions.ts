/**
 * The questions of OpenBSD's installer on amd64 that a response file can answer, in the order in which
 * autoinstall(8) asks them. Sources: distrib/miniroot/install.sub and install.md of 5.8 and 7.2 to 7.6.
 */

import { type Fallback, type Given, LOGIN, loginIn, type Question } from './question.ts';

/** Before the first and after the last release that a row is known for. */
const FIRST = '0.0';
const LAST = '99.9';

type Extra = Partial<Omit<Question, 'name' | 'text' | 'fallback'>>;
type Text = string | readonly [string, ...string[]];

const row = (name: string, text: Text, fallback: Fallback, extra: Extra = {}): Question => ({
  name,
  text: typeof text === 'string' ? [text] : text,
  from: FIRST,
  to: LAST,
  modes: ['install'],
  autoinstall: 'always',
  fallback,
  ...extra,
});
const or = (value: string): Fallback => ({ kind: 'default', value });
const where = (condition: string): Fallback => ({ kind: 'sometimes', where: condition });
const NONE: Fallback = { kind: 'none' };

const BOTH = { modes: ['install', 'upgrade'] } as const;
const BY_HAND = { autoinstall: 'never' } as const;
const YES_NO = { accepts: /^(?:y|yes|n|no)$/i } as const;
const TO_7_2 = { to: '7.2' } as const;
const FROM_7_3 = { from: '7.3' } as const;

const answer = (given: Given, name: string): string => given.get(name) ?? '';
const isStatic = (address: string): boolean =>
  address !== '' && !/^(?:none|autoconf|dhcp|rtsol)$/.test(address);
const without = (address: string, part: string): boolean => isStatic(address) && !address.includes(part);
const isYes = (text: string): boolean => /^y(?:es)?$/i.test(text);
const isUser = (given: Given): boolean => loginIn(given) !== null;

const NIC: Extra = { group: 'interface', asked: 'about the interfaces that are configured' };
const STATIC4 = {
  ...NIC,
  asked: 'for a fixed IPv4 address without a prefix length',
  when: (given: Given) => without(answer(given, 'ipv4'), '/'),
};
const STATIC6 = {
  ...NIC,
  asked: 'for a fixed IPv6 address without a prefix length',
  when: (given: Given) => without(answer(given, 'ipv6'), '/'),
};
const ROUTE4 = {
  asked: 'with a fixed IPv4 address',
  when: (given: Given) => isStatic(answer(given, 'ipv4')),
};
const USER = { asked: 'about the user named at `Setup a user`', when: isUser };
const ON_SCREEN = { asked: 'without a serial console' };
const ON_SERIAL = { asked: 'on a serial console' };

const LAYOUT = 'Use (A)uto layout, (E)dit auto layout, or create (C)ustom layout?';
const GPT = [
  'Use (W)hole disk MBR, whole disk (G)PT or (E)dit?',
  'Use (W)hole disk MBR, whole disk (G)PT, (O)penBSD area or (E)dit?',
] as const;
const MBR = 'Use (W)hole disk or (E)dit the MBR?';
const MORE_DISKS: Extra = { group: 'disks', asked: 'with more than one disk' };
const partitioning = (extra: Extra): readonly Question[] => [
  row('partition-table', MBR, or('whole'), { to: '5.8', accepts: /^[we]/i, ...extra }),
  row('partition-table', GPT, or('whole'), { from: '5.9', accepts: /^[wgoe]/i, ...extra }),
  row('template', 'URL to autopartitioning template for disklabel?', or('none'), {
    autoinstall: 'only',
    ...extra,
  }),
  row('layout', LAYOUT, or('a'), { accepts: /^[aec]/i, asked: 'without a disklabel template', ...extra }),
];

/** Directories of the installer's time zones: naming one leads to a second question. */
const REGION =
  /^(?:Africa|America(?:\/(?:Argentina|Indiana|Kentucky|North_Dakota))?|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)\/*$/;

const SETS: Extra = { ...BOTH, group: 'sets' };
const from = (pattern: RegExp, asked: string): Extra => ({
  ...SETS,
  asked,
  when: (given) => pattern.test(answer(given, 'sets-location')),
});
const HTTP = from(/^h|^$/i, 'with `Location of sets = http`');
const DISK = from(/^disk$/i, 'with `Location of sets = disk`');
const NFS = from(/^n/i, 'with `Location of sets = nfs`');
const CD = from(/^(?:c|cd\d+)$/i, 'with a CD-ROM as `Location of sets`');
const LOCAL = from(/^(?:c|cd\d+|disk|n.*)$/i, 'for sets that do not come over HTTP');
const ON_FAULT: Extra = { ...SETS, ...YES_NO, asked: 'when a set is missing or does not verify' };

/** Asked when SHA256.sig itself cannot be trusted. */
export const SIGNATURE_QUESTIONS = [
  'Signature check of SHA256.sig failed. Continue without verification?',
  'Cannot fetch SHA256.sig. Continue without verification?',
  'Directory does not contain SHA256.sig. Continue without verification?',
] as const;

const LOCATIONS = [
  "Location of sets? (disk http nfs or 'done')",
  "Location of sets? (cd0 disk http nfs or 'done')",
  "Location of sets? (disk http or 'done')",
  "Location of sets? (cd0 disk http or 'done')",
] as const;

export const QUESTIONS: readonly Question[] = [
  row('dhcp-interface', 'Which network interface should be used for the initial DHCP request?', NONE, {
    ...BOTH,
    ...BY_HAND,
  }),
  row('response-file', 'Response file location?', NONE, { ...BOTH, ...BY_HAND }),
  row('terminal-type', 'Terminal type?', or('vt220'), { ...BOTH, ...ON_SERIAL }),
  row('keyboard-layout', "Choose your keyboard layout ('?' or 'L' for list)", or('default'), {
    ...BOTH,
    ...ON_SCREEN,
  }),
  row('hostname', "System hostname? (short form, e.g. 'foo')", where('DHCP names the host')),
  row('interface', "Which network interface do you wish to configure? (or 'done')", or('{nic}'), {
    ...NIC,
    ...TO_7_2,
  }),
  row('interface', "Network interface to configure? (name, lladdr, '?', or 'done')", or('{nic}'), {
    ...NIC,
    ...FROM_7_3,
  }),
  row('ipv4', "IPv4 address for {nic}? (or 'dhcp' or 'none')", or('dhcp'), { ...NIC, ...TO_7_2 }),
  row('ipv4', "IPv4 address for {nic}? (or 'autoconf' or 'none')", or('autoconf'), { ...NIC, ...FROM_7_3 }),
  row('ipv4-netmask', 'Netmask for {nic}?', or('255.255.255.0'), STATIC4),
  row('ipv6', "IPv6 address for {nic}? (or 'rtsol' or 'none')", or('none'), { ...NIC, ...TO_7_2 }),
  row('ipv6', "IPv6 address for {nic}? (or 'autoconf' or 'none')", or('none'), { ...NIC, ...FROM_7_3 }),
  row('ipv6-prefix', 'IPv6 prefix length for {nic}?', or('64'), STATIC6),
  row('ipv4-route', "Default IPv4 route? (IPv4 address, 'dhcp' or 'none')", NONE, { ...ROUTE4, ...TO_7_2 }),
  row('ipv4-route', "Default IPv4 route? (IPv4 address or 'none')", NONE, { ...ROUTE4, ...FROM_7_3 }),
  row('ipv6-router', "IPv6 default router? (IPv6 address or 'none')", or('none'), {
    asked: 'with a fixed IPv6 address',
    when: (given) => isStatic(answer(given, 'ipv6')),
  }),
  row(
    'dns-domain',
    ["DNS domain name? (e.g. 'example.com')", "DNS domain name? (e.g. 'bar.com')"],
    or('my.domain'),
    {
      asked: 'where DHCP does not tell it',
    },
  ),
  row('dns-nameservers', "DNS nameservers? (IP address list or 'none')", or('none'), {
    asked: 'where DHCP does not tell them',
  }),
  row('root-password', 'Password for root account?', NONE, { secret: true }),
  row('root-key', 'Public ssh key for root account?', or('none'), { autoinstall: 'only', secret: true }),
  row('sshd', 'Start sshd(8) by default?', or('yes'), YES_NO),
  row('x11', 'Do you expect to run the X Window System?', or('yes'), { ...YES_NO, ...ON_SCREEN }),
  row(
    'xenodm',
    [
      'Do you want the X Window System to be started by xenodm(1)?',
      'Do you want the X Window System to be started by xdm(1)?',
    ],
    or('no'),
    { ...YES_NO, ...ON_SCREEN },
  ),
  row('com0', 'Change the default console to com0?', or('yes'), { ...YES_NO, ...ON_SERIAL }),
  row('com0-speed', "Which speed should com0 use? (or 'done')", or('115200'), {
    ...ON_SERIAL,
    accepts: /^(?:9600|19200|38400|57600|115200|done)$/,
    when: (given) => isYes(answer(given, 'com0')),
  }),
  row('user', "Setup a user? (enter a lower-case loginname, or 'no')", or('no'), { accepts: LOGIN }),
  row('user-again', "No really, what is the lower-case loginname, or 'no'?", or('no'), {
    asked: 'after `Setup a user = yes`',
    when: (given) => isYes(answer(given, 'user')),
  }),
  row('user-name', 'Full name for user {user}?', or('{user}'), USER),
  row('user-password', 'Password for user {user}?', NONE, { ...USER, secret: true }),
  row('user-key', 'Public ssh key for user {user}', or('none'), {
    ...USER,
    autoinstall: 'only',
    secret: true,
  }),
  row('root-login', 'Allow root ssh login? (yes, no, prohibit-password)', or('no'), {
    accepts: /^(?:y|yes|n|no|w|p|without-password|prohibit-password)$/i,
    asked: 'when sshd(8) is started',
    when: (given) => isYes(answer(given, 'sshd')),
  }),
  row(
    'timezone',
    "What timezone are you in? ('?' for list)",
    where('openbsd.org can be reached and guesses one'),
  ),
  row('sub-timezone', "What sub-timezone of '{zone}' are you in? ('?' for list)", NONE, {
    asked: 'after a timezone that is a region, such as Europe',
    when: (given) => REGION.test(answer(given, 'timezone')),
  }),
  row('root-disk', "Which disk is the root disk? ('?' for details)", or('sd0'), BOTH),
  row('encrypt', "Encrypt the root disk? (disk, 'no' or '?' for details)", or('no'), {
    ...BY_HAND,
    from: '7.3',
    to: '7.3',
  }),
  row('encrypt', 'Encrypt the root disk with a passphrase?', or('no'), {
    ...BY_HAND,
    from: '7.4',
    to: '7.4',
  }),
  row('encrypt', 'Encrypt the root disk with a (p)assphrase or (k)eydisk?', or('no'), {
    from: '7.5',
    accepts: /^(?:no?|p.*|k.*)$/i,
  }),
  row('passphrase', 'New passphrase?', NONE, {
    from: '7.5',
    secret: true,
    asked: 'when the root disk is encrypted with a passphrase',
    when: (given) => /^p/i.test(answer(given, 'encrypt')),
  }),
  ...partitioning({}),
  row('initialize-disk', "Which disk do you wish to initialize? (or 'done')", or('done'), MORE_DISKS),
  ...partitioning(MORE_DISKS),
  row('root-filesystem', 'Root filesystem?', or('sd0a'), { modes: ['upgrade'], to: '7.2' }),
  row('force-fsck', 'Force checking of clean non-root filesystems?', or('no'), {
    ...YES_NO,
    modes: ['upgrade'],
  }),
  row('sets-location', LOCATIONS, or('http'), SETS),
  row('http-proxy', "HTTP proxy URL? (e.g. 'http://proxy:8080', or 'none')", or('none'), HTTP),
  row(
    'http-server',
    ["HTTP Server? (hostname or 'done')", "HTTP Server? (hostname, list#, 'done' or '?')"],
    where('openbsd.org can be reached or the system that is upgraded names one'),
    HTTP,
  ),
  row('server-directory', 'Server directory?', or('pub/OpenBSD/{release}'), HTTP),
  row('cd', "Which CD-ROM contains the install media? (or 'done')", or('cd0'), CD),
  row('mounted', 'Is the disk partition already mounted?', or('yes'), { ...DISK, ...YES_NO }),
  row('sets-disk', "Which disk contains the install media? (or 'done')", or('sd0'), DISK),
  row('nfs-server', 'Server IP address or hostname?', NONE, NFS),
  row('nfs-filesystem', 'Filesystem on server to mount?', NONE, NFS),
  row('sets-path', "Pathname to the sets? (or 'done')", or('{release}'), LOCAL),
  row('set-names', "Set name(s)? (or 'abort' or 'done')", or('done'), { ...SETS, repeats: true }),
  row('signature', SIGNATURE_QUESTIONS, or('no'), ON_FAULT),
  row('fetching', 'Fetching of {set} failed. Continue anyway?', or('no'), ON_FAULT),
  row('checksum', 'Checksum test for {set} failed. Continue anyway?', or('no'), ON_FAULT),
  row('unverified', 'Unverified sets: {sets}. Continue without verification?', or('no'), ON_FAULT),
  row('installation', 'Installation of {set} failed. Continue anyway?', or('no'), ON_FAULT),
  row('incomplete', "Are you *SURE* your {mode} is complete without '{set}'?", or('no'), ON_FAULT),
  row('time', 'Time appears wrong.', or('yes'), { asked: 'when the clock is wrong' }),
  row('exit', 'Exit to (S)hell, (H)alt or (R)eboot?', or('reboot'), { ...BOTH, ...BY_HAND }),
];
