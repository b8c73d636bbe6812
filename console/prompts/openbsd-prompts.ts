/**
 * Prompts of OpenBSD's installer and of what runs before and after it, on a serial console. Sources: the
 * recordings in fixtures/transcripts (seen), distrib/miniroot/install.sub and dot.profile, boot(8), ddb(4),
 * bioctl(8), init(8) (read). The first row that matches counts, so the catch-all for questions comes last.
 */
import type { AnswerKind, PromptRow, Releases } from './row.ts';

const SEEN: Releases = { from: '7.3', to: '7.6', how: 'seen' };
const READ: Releases = { from: '7.0', to: '7.9', how: 'read' };

/** A question of the installer: its text from the start, then whatever explains it, then a default or none. */
const question = (name: string, text: RegExp, releases: Releases = SEEN): PromptRow => ({
  name,
  releases,
  prompt: new RegExp(`${text.source}.*[?)\\]] $`),
  tail: 'optional',
  answer: 'question',
  phase: 'questions',
});

const exact = (name: string, prompt: RegExp, answer: AnswerKind, releases: Releases = READ): PromptRow => ({
  name,
  releases,
  prompt,
  tail: 'exact',
  answer,
  phase: null,
});

export const OPENBSD_PROMPTS: readonly PromptRow[] = [
  exact('boot-loader', /^boot> $/, 'itself'),
  {
    ...exact('menu', /\(I\)nstall, \(U\)pgrade, \(A\)utoinstall or \(S\)hell\? $/, 'menu', SEEN),
    phase: 'menu',
  },
  {
    ...question(
      'dhcp-interface',
      /Which network interface should be used for the initial DHCP request\?/,
      READ,
    ),
    phase: 'response-file',
  },
  {
    name: 'response-file',
    releases: SEEN,
    prompt: /Response file location\? (?:\[.*\] )?$/,
    tail: 'optional',
    answer: 'location',
    phase: 'response-file',
  },
  { ...exact('mode', /\(I\)nstall or \(U\)pgrade\? $/, 'mode', SEEN), phase: 'response-file' },
  {
    name: 'password',
    releases: SEEN,
    prompt: /\((?:will not echo|again)\) $/,
    tail: 'optional',
    answer: 'password',
    phase: 'questions',
  },
  // What a password prompt looks like before its end has arrived.
  { ...exact('password', /Password for [^?]*\? $/, 'itself'), phase: 'questions' },
  {
    name: 'passphrase',
    releases: READ,
    prompt: /(?:New|Re-type) passphrase: $/,
    tail: 'optional',
    answer: 'password',
    phase: null,
  },
  question('terminal-type', /Terminal type\?/),
  question('keyboard-layout', /Choose your keyboard layout/, READ),
  question('hostname', /System hostname\?/),
  question(
    'interface',
    /(?:Network interface to configure|Which network interface do you wish to configure)\?/,
  ),
  question('ipv4-address', /IPv4 address for \S+\?/),
  question('ipv4-netmask', /Netmask for \S+\?/, READ),
  question('ipv6-address', /IPv6 address for \S+\?/),
  question('ipv6-prefix', /IPv6 prefix length for \S+\?/, READ),
  question('ipv4-route', /Default IPv4 route\?/, READ),
  question('ipv6-router', /IPv6 default router\?/, READ),
  question('dns-domain', /DNS domain name\?/, READ),
  question('dns-nameservers', /DNS nameservers\?/, READ),
  question('sshd', /Start sshd\(8\) by default\?/),
  question(
    'x11',
    /Do you (?:expect to run the X Window System|want the X Window System to be started)/,
    READ,
  ),
  question('com0', /Change the default console to com\d\?/),
  question('com0-speed', /Which speed should com\d use\?/),
  question('user', /Setup a user\?/),
  question('user-name', /Full name for user /),
  question('root-login', /Allow root ssh login\?/),
  question('timezone', /What timezone are you in\?/),
  question('sub-timezone', /What sub-timezone of /),
  question('root-disk', /Which disk is the root disk\?/),
  question('initialize-disk', /Which disk do you wish to initialize\?/, READ),
  question('encrypt-disk', /Encrypt the root disk\? \(disk, /, { from: '7.3', to: '7.3', how: 'seen' }),
  question('encrypt-disk', /Encrypt the root disk with a /, { from: '7.4', to: '7.9', how: 'seen' }),
  question('partition-table', /Use \(W\)hole disk MBR, whole disk \(G\)PT/),
  question('layout', /Use \(A\)uto layout, /),
  question('force-fsck', /Force checking of clean non-root filesystems\?/),
  question('sets-location', /Location of sets\?/),
  question('http-proxy', /HTTP proxy URL\?/),
  question('http-server', /HTTP Server\?/),
  question('server-directory', /Server directory\?/),
  question('set-names', /Set name\(s\)\?/),
  question('unverified-sets', /Continue without verification\?/, READ),
  question('continue-anyway', /Continue anyway\?/, READ),
  question('time', /Time appears wrong\./, READ),
  {
    ...question('exit', /Exit to \(S\)hell, \(H\)alt or \(R\)eboot\?/),
    answer: 'reboot',
    phase: null,
  },
  { ...exact('select', /^#\? $/, 'nobody'), tail: 'optional' },
  { ...exact('shell', /^# $/, 'shell', SEEN), tail: 'optional' },
  { ...exact('single-user', /^Enter pathname of shell or RETURN for sh: $/, 'shell'), tail: 'optional' },
  exact('ddb', /^ddb(?:\{\d+\})?> $/, 'ddb'),
  { ...exact('login', /^login: $/, 'login'), tail: 'optional', phase: 'login' },
  {
    name: 'question',
    releases: READ,
    prompt: /\S\? (?:\([^()]*\) )?(?:\[.*\] )?$/,
    tail: 'optional',
    answer: 'unknown',
    phase: null,
  },
];
