/**
 * Lines by which OpenBSD's loaders, kernel and installer tell how they stand. Sources as for the prompts, and rc(8),
 * the PXE specification 2.1 and the firmware of QEMU. Every matching row counts, in this order.
 */
import type { Phase } from '../phase.ts';
import { READ_ALWAYS, SEEN_ALWAYS } from './openbsd-prompts.ts';
import type { LineSource } from './source.ts';

const r = String.raw;

const entering = (name: string, line: string, phase: Phase, releases = READ_ALWAYS): LineSource => ({
  name,
  releases,
  line,
  means: 'phase',
  phase,
});
/** Shown in other places too, before the install has ended. */
const afterwards = (name: string, line: string, phase: Phase): LineSource => ({
  ...entering(name, line, phase),
  afterDone: true,
});
const naming = (name: string, line: string, phase: Phase, releases: string): LineSource => ({
  ...entering(name, line, phase, releases),
  means: 'release',
});
const saying =
  (means: LineSource['means']) =>
  (name: string, line: string, releases = READ_ALWAYS): LineSource => ({
    name,
    releases,
    line,
    means,
  });
const failed = saying('failed');
const suspect = saying('suspect');
/** No response file can follow from it, so the driver will be asked for one. */
const noLease = (name: string, line: string, releases: string): LineSource => ({
  ...suspect(name, line, releases),
  phase: 'response-file',
});

const BOOT: readonly LineSource[] = [
  entering('biosboot', r`^Using drive \d{1,3}, partition \d{1,3}\.`, 'boot-loader'),
  entering('loader', r`^>> OpenBSD\/\S+ \S*BOOT\S* `, 'boot-loader'),
  entering('loader-probe', '^probing: ', 'boot-loader'),
  entering('loader-network', '^net: mac ', 'boot-loader'),
  entering('loader-kernel', r`^booting \S+: `, 'boot-loader'),
  suspect('no-kernel', r`^.*failed\(\d{1,3}\)\. will try \/\S+.*`),
  suspect('not-executable', r`\/\S+ is not u\+x`),
  suspect('pxe-error', 'PXE-E[0-9A-F]{2}: .*'),
  suspect('nothing-to-boot', '^No bootable device'),
  suspect('uefi-error', '^BdsDxe: failed to .*'),
  // sysupgrade(8) has left it there, and the loader takes it once.
  entering('upgrade-kernel', r`^booting \S+\/bsd\.upgrade: `, 'boot-loader', 'read 6.6-7.9'),
  naming('ramdisk-kernel', r`^OpenBSD (\d{1,2}\.\d)\S* \(RAMDISK\w*\) #`, 'kernel', SEEN_ALWAYS),
  naming('disk-kernel', r`^OpenBSD (\d{1,2}\.\d)\S* \(GENERIC[\w.]*\) #`, 'first-boot', READ_ALWAYS),
  failed('panic', '^(?:.*: )?panic: .*'),
  // What ddb(4) says where the kernel faulted.
  suspect('kernel-trap', '^kernel: .* trap, code=.*'),
];

const RESPONSE_FILE: readonly LineSource[] = [
  naming(
    'welcome',
    r`^Welcome to the OpenBSD\/\S+ (\d{1,2}\.\d)\S* installation program\.`,
    'menu',
    SEEN_ALWAYS,
  ),
  saying('timer')('timer', r`^Starting non-interactive mode in \d{1,3} seconds`, 'seen 7.3-7.6'),
  entering('fetching', r`^Fetching \w+:\/\/\S+$`, 'response-file', SEEN_ALWAYS),
  noLease('no-mode', r`Could not determine auto mode\.`, SEEN_ALWAYS),
  noLease('no-server', r`Could not determine next-server\.`, 'seen 5.8'),
  noLease('no-server', r`Could not determine auto server\.`, 'seen 7.3-7.6'),
  noLease('no-lease', 'No dhcp address on interface .*', 'seen 7.3-7.6'),
  // dhclient(8) says so at the interface's question too, so it shows no phase.
  suspect('no-lease', r`^No DHCPOFFERS received\.`, 'read 5.8-6.2'),
  suspect('no-lease', r`^No working leases in persistent database.*`, 'read 5.8-6.2'),
  saying('automatic')('performing', '^Performing non-interactive (?:install|upgrade)', SEEN_ALWAYS),
  failed('no-response-file', r`No response file found; non-interactive mode aborted\.`, SEEN_ALWAYS),
  // Printed into whatever stands there. `autoinstall -x` of install.sub: half an hour without an end, and the machine is rebooted.
  {
    ...failed('watchdog', 'WATCHDOG$', 'read 6.6-7.9'),
    reason: 'the installer took more than 30 minutes, and its watchdog rebooted the machine (WATCHDOG)',
    reboots: true,
  },
  // From 7.3 on with the question behind it.
  failed('no-answer', 'Question has no answer in response file.*', SEEN_ALWAYS),
  // /ai.log in 5.8, /tmp/ai/ai.log from 7.3 on.
  saying('gave-up')('gave-up', r`failed; check \/\S+`, SEEN_ALWAYS),
];

const DISKS: readonly LineSource[] = [
  entering('disks', '^Available disks are', 'disk', SEEN_ALWAYS),
  suspect('no-disk', '^.*no such disk.*', SEEN_ALWAYS),
  failed('fsck', '^.*UNEXPECTED INCONSISTENCY.*'),
  failed('fsck-at-boot', '^Automatic file system check failed; help!'),
  suspect('fsck-by-hand', r`^.*You must fsck \S+ manually\.`),
  suspect('not-mounted', '^WARNING! The following filesystems were not properly mounted'),
  suspect('no-fstab', r`^Unable to create valid \/etc\/fstab\.`),
  suspect('no-filesystem', r`^No filesystems found on \S+\.`),
  suspect('disk-full', '^.*[Ff]ile system full.*'),
];

// `yes` behind a question is the response file's answer, and the installer goes on.
const SETS: readonly LineSource[] = [
  entering('sets', r`^Let's (?:install|upgrade) the sets!`, 'sets-fetch', SEEN_ALWAYS),
  suspect('no-sets', r`Unable to get a verified list of distribution sets\.`, 'seen 7.3-7.6'),
  suspect('no-sets-there', r`^Looked at .* and found no .* sets\.`, SEEN_ALWAYS),
  suspect('checksum', r`Checksum test for \S+ failed\.(?!.* yes$)`, 'seen 7.6, read 5.8-7.9'),
  suspect('fetch', r`Fetching of \S+ failed\.(?!.* yes$)`),
  suspect('extract', r`Installation of \S+ failed\.(?!.* yes$)`),
  suspect('unverified', r`Unverified sets: (?!.* yes$).*?\.(?= )`),
  suspect('signature', '^.*[Ss]ignature .*fail.*'),
];

const QUESTIONS: readonly LineSource[] = [
  suspect('no-choice', `'.*' is not a valid choice\\.`),
  suspect('required', r`^A response is required\.`),
];

const END: readonly LineSource[] = [
  entering('saving', '^Saving configuration files', 'finishing', SEEN_ALWAYS),
  entering('nodes', '^Making all device nodes', 'finishing', SEEN_ALWAYS),
  failed('site', r`\S*(?:install|upgrade)\.site failed.*`),
  saying('installed')(
    'installed',
    'CONGRATULATIONS! Your OpenBSD install has been successfully',
    SEEN_ALWAYS,
  ),
  saying('upgraded')('upgraded', 'CONGRATULATIONS! Your OpenBSD upgrade has been successfully', SEEN_ALWAYS),
  afterwards('syncing', 'syncing disks', 'reboot'),
  afterwards('rebooting', r`^rebooting\.\.\.`, 'reboot'),
  afterwards('halted', r`^The operating system has halted\.`, 'reboot'),
];

const FIRST_BOOT: readonly LineSource[] = [
  afterwards('boot-checks', r`^Automatic boot in progress: starting file system checks\.`, 'first-boot'),
  afterwards('host-keys', '^ssh-keygen: generating new host keys: ', 'first-boot'),
  afterwards('daemons', r`^starting \w* ?daemons: `, 'first-boot'),
  afterwards('first-time', r`^running rc\.firsttime`, 'first-boot'),
  afterwards('firmware', '^Path to firmware: ', 'first-boot'),
  afterwards('firmware', '^fw_update: ', 'first-boot'),
];

export const OPENBSD_MARKERS: readonly LineSource[] = [
  ...BOOT,
  ...RESPONSE_FILE,
  ...DISKS,
  ...SETS,
  ...QUESTIONS,
  ...END,
  ...FIRST_BOOT,
];
