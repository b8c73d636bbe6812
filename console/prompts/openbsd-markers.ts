/**
 * Lines by which OpenBSD's loaders, kernel and installer tell how they stand. Sources as for the prompts.
 * Every matching row counts, in this order.
 */
import type { MarkerRow, Meaning, Releases } from './row.ts';

const SEEN: Releases = { from: '7.3', to: '7.6', how: 'seen' };
const READ: Releases = { from: '7.0', to: '7.9', how: 'read' };

const seen = (name: string, key: string, line: RegExp, means: Meaning): MarkerRow => ({
  name,
  releases: SEEN,
  key,
  line,
  means,
});
const read = (name: string, key: string, line: RegExp, means: Meaning): MarkerRow => ({
  ...seen(name, key, line, means),
  releases: READ,
});

const fatal: Meaning = { kind: 'fatal' };
const suspect: Meaning = { kind: 'suspect' };
const noLease: Meaning = { kind: 'suspect', phase: 'response-file' };

export const OPENBSD_MARKERS: readonly MarkerRow[] = [
  read('biosboot', 'Using drive ', /^Using drive \d+, partition \d+\./, {
    kind: 'phase',
    phase: 'boot-loader',
  }),
  seen('loader', '>> OpenBSD/', /^>> OpenBSD\/\S+ \S*BOOT\S* /, { kind: 'phase', phase: 'boot-loader' }),
  seen('ramdisk-kernel', '(RAMDISK', /^OpenBSD (\d+\.\d+)\S* \(RAMDISK\w*\) #/, {
    kind: 'release',
    phase: 'kernel',
  }),
  read('disk-kernel', '(GENERIC', /^OpenBSD (\d+\.\d+)\S* \(GENERIC[\w.]*\) #/, {
    kind: 'release',
    phase: 'first-boot',
  }),
  seen(
    'welcome',
    'installation program',
    /^Welcome to the OpenBSD\/\S+ (\d+\.\d+)\S* installation program\./,
    {
      kind: 'release',
      phase: 'menu',
    },
  ),
  seen('timer', 'Starting non-inter', /^Starting non-interactive mode in \d+ seconds/, { kind: 'timer' }),
  seen('fetching', 'Fetching ', /^Fetching \w+:\/\/\S+$/, { kind: 'phase', phase: 'response-file' }),
  seen('performing', 'Performing non-inter', /^Performing non-interactive (?:install|upgrade)/, {
    kind: 'automatic',
  }),
  seen('disks', 'Available disks are', /^Available disks are/, { kind: 'phase', phase: 'disk' }),
  seen('sets', 'the sets!', /^Let's (?:install|upgrade) the sets!/, { kind: 'phase', phase: 'sets-fetch' }),
  seen('saving', 'Saving configuration', /^Saving configuration files/, {
    kind: 'phase',
    phase: 'finishing',
  }),
  seen('nodes', 'Making all device nodes', /^Making all device nodes/, { kind: 'phase', phase: 'finishing' }),
  seen('installed', 'CONGRATULATIONS!', /CONGRATULATIONS! Your OpenBSD install has been successfully/, {
    kind: 'done',
    outcome: 'installed',
  }),
  seen('upgraded', 'CONGRATULATIONS!', /CONGRATULATIONS! Your OpenBSD upgrade has been successfully/, {
    kind: 'done',
    outcome: 'upgraded',
  }),
  seen('syncing', 'syncing disks', /syncing disks/, { kind: 'phase', phase: 'reboot', afterDone: true }),
  seen('rebooting', 'rebooting...', /^rebooting\.\.\./, { kind: 'phase', phase: 'reboot', afterDone: true }),

  seen('no-answer', 'Question has no answer', /Question has no answer in response file.*/, fatal),
  seen(
    'no-response-file',
    'No response file',
    /No response file found; non-interactive mode aborted\./,
    fatal,
  ),
  read('site', '.site failed', /\S*(?:install|upgrade)\.site failed.*/, fatal),
  read('panic', 'panic: ', /^(?:.*: )?panic: .*/, fatal),
  read('fsck', 'UNEXPECTED INCONSISTENCY', /.*UNEXPECTED INCONSISTENCY.*/, fatal),
  seen('gave-up', 'failed; check /', /failed; check \/\S+/, { kind: 'gave-up' }),

  seen(
    'no-mode',
    'Could not determine',
    /Could not determine (?:auto mode|auto server|next-server)\./,
    noLease,
  ),
  seen('no-lease', 'No dhcp address', /No dhcp address on interface .*/, noLease),
  read('no-kernel', 'will try /', /.*failed\(\d+\)\. will try \/\S+.*/, suspect),
  seen('no-disk', 'no such disk', /.*no such disk.*/, suspect),
  read('no-choice', 'not a valid choice', /'.*' is not a valid choice\./, suspect),
  read('required', 'A response is required', /^A response is required\./, suspect),
  seen(
    'no-sets',
    'Unable to get a verified',
    /Unable to get a verified list of distribution sets\./,
    suspect,
  ),
  // `yes` behind it is the response file's answer, and the installer goes on.
  seen('checksum', 'Checksum test for', /Checksum test for \S+ failed\.(?!.* yes$)/, suspect),
  read('fetch', 'Fetching of', /Fetching of \S+ failed\.(?!.* yes$)/, suspect),
  read('unverified', 'Unverified sets', /Unverified sets: (?!.* yes$).*?\.(?= )/, suspect),
  read('signature', 'ignature', /.*[Ss]ignature .*fail.*/, suspect),
  read('disk-full', 'ile system full', /.*[Ff]ile system full.*/, suspect),
];
