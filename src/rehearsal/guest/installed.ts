import type { InstalledSystem } from '../disk-image.ts';
import { type Board, Interrupted } from './board.ts';
import { bootInstalled, diskUid, printLines } from './kernel.ts';
import { runLoginShell } from './login-shell.ts';
import { runUpgrade } from './ramdisk.ts';

/** Root's, in every simulated guest: the one that the installer was given is a hash, and nobody knows it. */
const ROOT_PASSWORD = 'rehearsal';

/** The machine as it boots from its disk: until it reboots, or somebody ends the VM. */
export async function runFromDisk(board: Board): Promise<void> {
  await board.terminal('off');
  const system = board.readDisk();
  if (system === null) return noSystem(board);
  // Told to leave the console alone, the system speaks to a screen that a VM doesn't have.
  if (!system.serialConsole) return silence(board);
  const upgrade = system.upgrade ?? null;
  if (upgrade?.executable === true) {
    board.writeDisk({ ...system, upgrade: { ...upgrade, executable: false } });
    return runUpgrade(board, upgrade);
  }
  const uid = diskUid(board.facts);
  await bootInstalled(board, system.release, uid, upgrade !== null);
  await runRc(board, system, uid);
  return getty(board, system.hostName);
}

async function noSystem(board: Board): Promise<never> {
  await printLines(board, [
    'Booting from Hard Disk...',
    'Boot failed: not a bootable disk',
    '',
    'No bootable disk.',
  ]);
  return silence(board);
}

async function silence(board: Board): Promise<never> {
  for (;;) await board.readLine().catch(ignoreInterrupt);
}

function ignoreInterrupt(error: unknown): null {
  if (error instanceof Interrupted) return null;
  throw error;
}

async function runRc(board: Board, system: InstalledSystem, uid: string): Promise<void> {
  const hostKey = system.hostKey ?? board.makeHostKey();
  const first = system.hostKey === null;
  if (first) board.writeDisk({ ...system, hostKey });
  await printLines(board, [
    'Automatic boot in progress: starting file system checks.',
    ...[...'akdfghjie'].map(
      (letter) => `/dev/sd0${letter} (${uid}.${letter}): file system is clean; not checking`,
    ),
    'pf enabled',
    'starting network',
    'reordering: ld.so libc libcrypto sshd.',
    ...(first ? ['ssh-keygen: generating new host keys: RSA ECDSA ED25519', `sshd: ED25519 ${hostKey}`] : []),
    'starting early daemons: syslogd pflogd ntpd.',
    'starting RPC daemons:.',
    'savecore: no core dump',
    'checking quotas: done.',
    'clearing /tmp',
    'kern.securelevel: 0 -> 1',
    'creating runtime link editor directory cache.',
    'preserving editor files.',
    ...(first ? ['running rc.firsttime'] : []),
    `starting network daemons:${system.sshd ? ' sshd' : ''} smtpd sndiod.`,
    'starting local daemons: cron.',
    dateLine(board.now(), system.timezone),
    '',
  ]);
}

/** `Mon Sep 30 08:45:30 CEST 2024` */
function dateLine(now: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    year: 'numeric',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((candidate) => candidate.type === type)?.value ?? '';
  const clock = `${part('hour')}:${part('minute')}:${part('second')}`;
  return `${part('weekday')} ${part('month')} ${part('day').padStart(2)} ${clock} ${zoneName(now, timeZone)} ${part('year')}`;
}

/** `CEST`, where one of the locales knows the zone by an abbreviation. */
function zoneName(now: number, timeZone: string): string {
  const names = ['en-US', 'en-GB', 'en-AU'].map((locale) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' });
    return format.formatToParts(now).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  });
  return names.find((name) => /^[A-Z]+$/.test(name)) ?? names[0] ?? '';
}

/** getty(8) and login(1), until somebody has the machine reboot. */
async function getty(board: Board, hostName: string): Promise<void> {
  for (;;) {
    await board.terminal('lines');
    board.print(`\nOpenBSD/${board.facts.arch} (${hostName}) (tty00)\n\n`);
    await login(board);
    if ((await runLoginShell(board)) === 'reboot') return;
  }
}

/** Resolves once root is in. */
async function login(board: Board): Promise<void> {
  for (;;) {
    board.print('login: ');
    const name = await board.readLine().catch(ignoreInterrupt);
    if (name === null) board.print('\n');
    if (name === null || name.trim() === '') continue;
    await board.terminal('silent');
    board.print('Password:');
    const password = await board.readLine().catch(ignoreInterrupt);
    await board.terminal('lines');
    board.print('\n');
    if (name.trim() === 'root' && password === ROOT_PASSWORD) return;
    await board.pause(0.5);
    board.print('Login incorrect\n');
  }
}
