import { expect, it } from 'vitest';
import { OPENBSD_MARKERS } from '../../console/prompts/openbsd-markers.ts';
import { OPENBSD_PROMPTS } from '../../console/prompts/openbsd-prompts.ts';
import { parseReleases } from '../../console/prompts/releases.ts';
import { TableSchema } from '../../console/prompts/source.ts';
import { findMarkers, findProgress, findPrompt } from '../../console/prompts/table.ts';

it.each<[string, string | null]>([
  ['boot> ', 'boot-loader'],
  ['(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ', 'menu'],
  [
    "Which network interface should be used for the initial DHCP request? (or 'done') [vio0] ",
    'dhcp-interface',
  ],
  ['Response file location? [http://10.76.0.1/install.conf] ', 'response-file'],
  ['Response file location? ', 'response-file'],
  ['(I)nstall or (U)pgrade? ', 'mode'],
  ['Terminal type? [vt220] ', 'terminal-type'],
  ["System hostname? (short form, e.g. 'foo') ", 'hostname'],
  ["Network interface to configure? (name, lladdr, '?', or 'done') [vio0] ", 'interface'],
  ["IPv4 address for vio0? (or 'autoconf' or 'none') [autoconf] ", 'ipv4-address'],
  ['Netmask for vio0? [255.255.255.0] ', 'ipv4-netmask'],
  ["IPv6 address for vio0? (or 'autoconf' or 'none') [none] ", 'ipv6-address'],
  ["Default IPv4 route? (IPv4 address or 'none') ", 'ipv4-route'],
  ["IPv6 default router? (IPv6 address or 'none') ", 'ipv6-router'],
  ["DNS domain name? (e.g. 'example.com') [my.domain] ", 'dns-domain'],
  ["DNS nameservers? (IP address list or 'none') [none] ", 'dns-nameservers'],
  ['Password for root account? (will not echo) ', 'password'],
  ['Password for user puffy? (again) ', 'password'],
  ['New passphrase: ', 'passphrase'],
  ['Start sshd(8) by default? [yes] ', 'sshd'],
  ['Do you expect to run the X Window System? [yes] ', 'x11'],
  ['Change the default console to com0? [yes] ', 'com0'],
  ["Which speed should com0 use? (or 'done') [115200] ", 'com0-speed'],
  ["Setup a user? (enter a lower-case loginname, or 'no') [no] ", 'user'],
  ['Full name for user puffy? [puffy] ', 'user-name'],
  ['Allow root ssh login? (yes, no, prohibit-password) [no] ', 'root-login'],
  ["What timezone are you in? ('?' for list) [Europe/Berlin] ", 'timezone'],
  ["What sub-timezone of 'Europe' are you in? ('?' for list) ", 'sub-timezone'],
  ["Which disk is the root disk? ('?' for details) [sd0] ", 'root-disk'],
  ['Encrypt the root disk with a (p)assphrase or (k)eydisk? [no] ', 'encrypt-disk'],
  ['Use (W)hole disk MBR, whole disk (G)PT, (O)penBSD area or (E)dit? [OpenBSD] ', 'partition-table'],
  ['Use (A)uto layout, (E)dit auto layout, or create (C)ustom layout? [a] ', 'layout'],
  ["Which disk do you wish to initialize? (or 'done') [done] ", 'initialize-disk'],
  ["Location of sets? (cd0 disk http nfs or 'done') [http] ", 'sets-location'],
  ["HTTP proxy URL? (e.g. 'http://proxy:8080', or 'none') [none] ", 'http-proxy'],
  ["HTTP Server? (hostname, list#, 'done' or '?') [cdn.openbsd.org] ", 'http-server'],
  ['Server directory? [pub/OpenBSD/7.6/amd64] ', 'server-directory'],
  ["Set name(s)? (or 'abort' or 'done') [done] ", 'set-names'],
  ['Directory does not contain SHA256.sig. Continue without verification? [no] ', 'unverified-sets'],
  ['Checksum test for base76.tgz failed. Continue anyway? [no] ', 'continue-anyway'],
  ["Time appears wrong. Set to 'Mon Nov 23 09:00:00 UTC 2026'? [yes] ", 'time'],
  ['Exit to (S)hell, (H)alt or (R)eboot? [reboot] ', 'exit'],
  ['# ', 'shell'],
  ['#? ', 'select'],
  ['ddb> ', 'ddb'],
  ['ddb{3}> ', 'ddb'],
  ['login: ', 'login'],
  ['Enter pathname of shell or RETURN for sh: ', 'single-user'],
  ['Something new? (yes or no) [no] ', 'question'],
  ['Something new? ', 'question'],
  ['Something new?', null],
  ['Something new? yes ', null],
  ['Terminal type? [vt220] vt220 ', null],
  ['Available disks are: sd0. ', null],
  ['#                size ', null],
  ['sd0 at scsibus1 targ 0 lun 0: <OpenBSD, Block Device, > ', null],
  ['Connected to /dev/ttyp1 (speed 115200) ', null],
  ['', null],
])('%j is the prompt %s', (line, name) => {
  expect(findPrompt(line, '7.6')?.name ?? null).toBe(name);
});

it.each<[string, string | null, string]>([
  ['of its range', '7.3', '7.3'],
  ['of another range where none of its own matches', '6.9', '7.3'],
  ['whatever its range while the release is unknown', null, '7.3'],
])('takes the row %s', (_, release, from) => {
  const row = findPrompt("Encrypt the root disk? (disk, 'no' or '?' for details) [no] ", release);
  expect([row?.name, row?.releases[0]?.from]).toEqual(['encrypt-disk', from]);
});

it('prefers a named row of another release to the catch-all', () => {
  expect(findPrompt("Encrypt the root disk? (disk, 'no' or '?' for details) [no] ", '7.6')?.name).toBe(
    'encrypt-disk',
  );
});

it.each<[string, string[]]>([
  ['>> OpenBSD/amd64 PXEBOOT 3.65', ['loader']],
  ['>> OpenBSD/amd64 BOOT 3.65', ['loader']],
  ['>> OpenBSD/amd64 BOOTX64 3.67', ['loader']],
  ['OpenBSD 7.6 (RAMDISK_CD) #233: Mon Sep 30 08:00:00 MDT 2024', ['ramdisk-kernel']],
  ['OpenBSD 7.6-current (GENERIC.MP) #1: x', ['disk-kernel']],
  ['Welcome to the OpenBSD/amd64 7.6 installation program.', ['welcome']],
  ['Fetching http://10.76.0.1/install.conf', ['fetching']],
  ['Fetching of base76.tgz failed. Continue anyway? [no] no', ['fetch']],
  ['Signature Verified', []],
  ['signify: signature verification failed', ['signature']],
  ['Unverified sets: site76.tgz. Continue without verification? [no] no', ['unverified']],
  ['Unverified sets: site76.tgz. Continue without verification? [no] yes', []],
  ['uid 0 on /mnt/usr: file system full', ['disk-full']],
  ['open hd0a:/bsd.rd: No such file or directory failed(2). will try /bsd', ['no-kernel']],
  ['vio0 at virtio1: address fe:e1:bb:d1:4c:7a', []],
])('the line %j carries %j', (line, names) => {
  expect(findMarkers(line).map(({ name }) => name)).toEqual(names);
});

it.each([
  [
    'Get/Verify SHA256.sig   100% |**************************|  1441       00:00    ',
    ['fetch', 'SHA256.sig', 100],
  ],
  [
    'Installing base76.tgz     7% |*                         | 20480 KB    00:09 ETA',
    ['install', 'base76.tgz', 7],
  ],
  [
    'Extracting etc.tgz        0% |                          |     0       --:-- ETA',
    ['install', 'etc.tgz', 0],
  ],
  ['Installing base76.tgz   900% |', null],
  ['100% |', null],
  ['Installing', null],
])('the line %j is at %j', (line, expected) => {
  const progress = findProgress(line);
  expect(progress === null ? null : [progress.stage, progress.file, progress.percent]).toEqual(expected);
});

it('says of every row where it comes from', () => {
  for (const { releases } of [...OPENBSD_PROMPTS, ...OPENBSD_MARKERS]) {
    expect(parseReleases(releases ?? ''), releases).not.toBeNull();
  }
});

it('writes its own rows in the form of an operator', () => {
  const { success, error } = TableSchema.safeParse({
    name: 'OpenBSD',
    releases: 'seen 7.6',
    prompts: OPENBSD_PROMPTS,
    lines: OPENBSD_MARKERS,
  });
  expect(error?.issues ?? []).toEqual([]);
  expect(success).toBe(true);
});
