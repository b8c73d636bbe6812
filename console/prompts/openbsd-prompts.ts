/**
 * Prompts of OpenBSD's installer and of what runs before and after it, on a serial console. Seen: the recordings
 * in fixtures/transcripts, and runs of the installer's scripts of 5.8, 7.3, 7.4, 7.5 and 7.6 (5.8 and 7.5 by
 * autoinstall alone). Read: install.sub and dot.profile of distrib/miniroot, boot(8), biosboot(8), bioctl(8),
 * ddb(4), fsck(8), init(8), and consoles of 6.0, 6.2, 6.9, 7.2 and 7.9 that others published; what is the same at
 * both ends of a range is taken to be so within. The catch-all for questions comes last.
 */
import type { PromptSource } from './source.ts';

/** What autoinstall shows too, so seen in more releases. */
export const SEEN_ALWAYS = 'seen 5.8, seen 7.3-7.6, read 5.9-7.9';
const SEEN_BY_HAND = 'seen 7.3-7.4, seen 7.6, read 5.8-7.9';
export const READ_ALWAYS = 'read 5.8-7.9';
/** Where the wordings of 7.3 begin. */
const NEW = 'seen 7.3-7.4, seen 7.6, read 7.5-7.9';
const OLD = 'read 5.8-7.2';

const r = String.raw;

/** A question of the installer: its text from the start, then whatever explains it, then a default or none. */
const question = (name: string, text: string, releases = SEEN_BY_HAND): PromptSource => ({
  name,
  releases,
  prompt: r`${text}.*[?)\]] $`,
  answer: 'question',
  phase: 'questions',
});

const exact = (
  name: string,
  prompt: string,
  answer: PromptSource['answer'],
  releases: string,
): PromptSource => ({
  name,
  releases,
  prompt,
  tail: 'exact',
  answer,
});

const optional = (
  name: string,
  prompt: string,
  answer: PromptSource['answer'],
  releases: string,
): PromptSource => ({ name, releases, prompt, answer });

const LOADERS: readonly PromptSource[] = [
  exact('boot-loader', '^boot> $', 'itself', READ_ALWAYS),
  // An encrypted root disk, which the installer made with this answer.
  optional('boot-passphrase', '^Passphrase: $', { question: 'New passphrase?', secret: true }, READ_ALWAYS),
  optional('boot-error', 'ERR [IMRXZ!]$', 'stopped', READ_ALWAYS),
];

const START: readonly PromptSource[] = [
  {
    ...exact('menu', r`\(I\)nstall, \(U\)pgrade, \(A\)utoinstall or \(S\)hell\? $`, 'menu', SEEN_ALWAYS),
    phase: 'menu',
  },
  {
    ...question(
      'dhcp-interface',
      r`Which network interface should be used for the initial DHCP request\?`,
      READ_ALWAYS,
    ),
    phase: 'response-file',
  },
  {
    ...optional('response-file', r`Response file location\? (?:\[.*\] )?$`, 'location', SEEN_ALWAYS),
    phase: 'response-file',
  },
  { ...exact('mode', r`\(I\)nstall or \(U\)pgrade\? $`, 'mode', SEEN_ALWAYS), phase: 'response-file' },
];

const PASSWORDS: readonly PromptSource[] = [
  {
    ...optional('password', r`\((?:will not echo|again)\) $`, 'password', SEEN_BY_HAND),
    phase: 'questions',
  },
  // What a password prompt looks like before its end has arrived.
  { ...exact('password', r`Password for [^?]*\? $`, 'itself', SEEN_ALWAYS), phase: 'questions' },
  optional('passphrase', '(?:New|Re-type) passphrase: $', 'password', READ_ALWAYS),
];

const SYSTEM: readonly PromptSource[] = [
  question('terminal-type', r`Terminal type\?`),
  question('keyboard-layout', 'Choose your keyboard layout', READ_ALWAYS),
  question('hostname', r`System hostname\?`),
  question('sshd', r`Start sshd\(8\) by default\?`),
  question('ntpd', r`Start ntpd\(8\) by default\?`, 'read 5.7'),
  question('x11', r`Do you expect to run the X Window System\?`, READ_ALWAYS),
  question('x11-login', r`started by xdm\(1\)\?`, 'read 5.8'),
  question('x11-login', r`started by xenodm\(1\)\?`, 'read 7.3-7.6'),
  question('com0', r`Change the default console to com\d\?`),
  question('com0-speed', r`Which speed should com\d use\?`),
  question('user', r`Setup a user\?`),
  question('user-name', 'Full name for user '),
  question('root-login', r`Allow root ssh login\?`),
  question('timezone', r`What timezone are you in\?`),
  question('sub-timezone', 'What sub-timezone of '),
  question('time', r`Time appears wrong\.`, 'read 7.3-7.9'),
];

const NETWORK: readonly PromptSource[] = [
  question('interface', r`Network interface to configure\?`, NEW),
  question('interface', r`Which network interface do you wish to configure\?`, OLD),
  question('vlan', 'Which interface:tag should vlan', 'read 5.7'),
  question('interface-name', r`Symbolic \(host\) name for `, 'read 5.7'),
  question('access-point', r`Access point\?`, 'read 5.7'),
  question('wlan-security', r`Security protocol\?`, 'read 5.7'),
  question('ipv4-address', r`IPv4 address for \S+\? \(or 'autoconf' or 'none'\)`, NEW),
  question('ipv4-address', r`IPv4 address for \S+\?`, OLD),
  question('ipv4-netmask', r`Netmask for \S+\?`, READ_ALWAYS),
  question('ipv6-address', r`IPv6 address for \S+\? \(or 'autoconf' or 'none'\)`, `${NEW}, read 6.9`),
  question('ipv6-address', r`IPv6 address for \S+\?`, 'read 5.8-6.2'),
  question('ipv6-prefix', r`IPv6 prefix length for \S+\?`, READ_ALWAYS),
  question('ipv4-route', r`Default IPv4 route\? \(IPv4 address or 'none'\)`, 'read 7.3-7.6'),
  question('ipv4-route', r`Default IPv4 route\?`, 'read 5.8'),
  // A ksh(1) `select` with a prompt of its own, below a numbered list of the routers that answered.
  {
    ...optional('ipv6-router', r`IPv6 default router\? \(.*\): $`, 'question', READ_ALWAYS),
    phase: 'questions',
  },
  question('ipv6-router', r`IPv6 default router\?`, READ_ALWAYS),
  question('dns-domain', r`DNS domain name\? \(e\.g\. 'example\.com'\)`, 'read 7.3-7.6'),
  question('dns-domain', r`DNS domain name\?`, 'read 5.8'),
  question('dns-nameservers', r`DNS nameservers\?`, READ_ALWAYS),
];

const DISKS: readonly PromptSource[] = [
  question('root-disk', r`Which disk is the root disk\?`),
  question('root-filesystem', r`Root filesystem\?`, 'read 5.8'),
  question('initialize-disk', r`Which disk do you wish to initialize\?`, READ_ALWAYS),
  question('encrypt-disk', r`Encrypt the root disk\? \(disk, `, 'seen 7.3'),
  question('encrypt-disk', r`Encrypt the root disk with a passphrase\?`, 'seen 7.4'),
  question(
    'encrypt-disk',
    r`Encrypt the root disk with a \(p\)assphrase or \(k\)eydisk\?`,
    'seen 7.6, read 7.5-7.9',
  ),
  question('partition-table', r`Use \(W\)hole disk MBR, whole disk \(G\)PT`, `${NEW}, read 6.9`),
  question('partition-table', r`Use \(W\)hole disk.* or \(E\)dit the MBR\?`, 'read 5.8-6.2'),
  question('layout', r`Use \(A\)uto layout, `),
  question('force-fsck', r`Force checking of clean non-root filesystems\?`),
  // disklabel(8)'s editor, where somebody chose to edit the layout.
  exact('layout-editor', r`^(?:[a-z]{2,3}\d\*?)?> $`, 'nobody', 'read 7.3-7.6'),
  // fsck(8) without -p takes a RETURN for a yes.
  exact('fsck-question', r`\? \[Fyn\?\] $`, 'nobody', READ_ALWAYS),
];

const SETS: readonly PromptSource[] = [
  question('sets-location', r`Location of sets\?`),
  question('http-proxy', r`HTTP proxy URL\?`),
  question('http-server', r`HTTP Server\?`),
  question('server-directory', r`Server directory\?`),
  question('sets-media', r`contains the (?:install|upgrade) media\?`, 'read 5.7'),
  question('disk-mounted', r`Is the disk partition already mounted\?`, 'read 5.7'),
  question('sets-path', r`Pathname to the sets\?`, READ_ALWAYS),
  question('nfs-server', r`Server IP address or hostname\?`, 'read 5.7'),
  question('nfs-path', r`Filesystem on server to mount\?`, 'read 5.7'),
  question('nfs-tcp', r`Use TCP transport\?`, 'read 5.7'),
  question('set-names', r`Set name\(s\)\?`),
  question('unlisted-sets', r`Use sets found here anyway\?`, 'read 5.7'),
  question('unverified-sets', r`Continue without verification\?`, READ_ALWAYS),
  question('continue-anyway', r`Continue anyway\?`, READ_ALWAYS),
  question('incomplete', r`Are you \*SURE\* your \S+ is complete without `, 'read 5.7'),
];

const END: readonly PromptSource[] = [
  {
    name: 'exit',
    releases: `${NEW}, read 6.9`,
    prompt: r`Exit to \(S\)hell, \(H\)alt or \(R\)eboot\?.*[?)\]] $`,
    answer: 'reboot',
  },
  // Of a ksh(1) `select` that has no prompt of its own: what its numbers mean stands in the lines above.
  optional('select', r`^#\? $`, 'nobody', READ_ALWAYS),
  optional('shell', '^# $', 'shell', 'seen 7.3-7.6, read 6.9-7.9'),
  // "To boot the new system, enter 'reboot' at the command prompt."
  optional('shell', '^# $', 'last-shell', 'seen 5.8, read 5.9-6.2'),
  optional('single-user', '^Enter pathname of shell or RETURN for sh: $', 'shell', READ_ALWAYS),
  exact('ddb', r`^ddb(?:\{\d{1,3}\})?> $`, 'ddb', READ_ALWAYS),
  { ...optional('login', '^login: $', 'login', READ_ALWAYS), phase: 'login' },
];

/** Each question by which something can be asked that no row names. */
const CATCH_ALL: PromptSource = {
  name: 'question',
  releases: READ_ALWAYS,
  prompt: r`\S\? (?:\([^()]*\) )?(?:\[.*\] )?$`,
  answer: 'unknown',
};

export const OPENBSD_PROMPTS: readonly PromptSource[] = [
  ...LOADERS,
  ...START,
  ...PASSWORDS,
  ...SYSTEM,
  ...NETWORK,
  ...DISKS,
  ...SETS,
  ...END,
  CATCH_ALL,
];
