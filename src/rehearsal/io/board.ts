import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import type { Lladdr } from '../../common/address.ts';
import { type DiskImage, parseDiskImage, renderDiskImage } from '../disk-image.ts';
import type { Board, BootSource } from '../guest/board.ts';
import { HOST } from '../host-path.ts';
import { waitScale } from '../options.ts';
import { spoil } from './faults.ts';
import { fetchUrl } from './fetch.ts';
import type { GuestParameters } from './guest-parameters.ts';
import { acquireLease } from './lease.ts';
import { verifyEmbedded } from './signify.ts';
import { ask } from './socket.ts';
import { openTerminal } from './terminal.ts';
import { download } from './tftp.ts';

/** The machine of this process: its tty, its disk images, its place in the network, and vmd. */
export function openBoard(parameters: GuestParameters): Board {
  const { options, disks } = parameters;
  const [lladdr = '00:00:00:00:00:00', ...furtherLladdrs] = parameters.lladdrs;
  const terminal = openTerminal();
  const [rootDisk = null] = disks;
  let address: string | null = null;
  return {
    facts: {
      lladdr,
      furtherLladdrs,
      memoryMiB: parameters.memoryMiB,
      disksMiB: disks.map((disk) => readImage(disk)?.sizeMiB ?? 0),
      arch: options.arch,
      httpPort: options.httpPort,
      netbooted: parameters.netbooted,
      hardware: parameters.rom ? 'pc' : 'vmd',
      panics: options.faults.includes('panic'),
      siteAsks: options.faults.includes('site-asks'),
      siteFails: options.faults.includes('site-fails'),
      diskFull: options.faults.includes('disk-full'),
      upgradeStalls: options.faults.includes('upgrade-stalls'),
    },
    print: terminal.print,
    pause: (seconds) => sleep(seconds * options.pace),
    readLine: (seconds) =>
      terminal.readLine(seconds === undefined ? undefined : seconds * 1000 * waitScale(options)),
    terminal: terminal.mode,
    requestLease: async (client) => {
      if (options.faults.includes('no-lease')) return null;
      const lease = await acquireLease(options, lladdr as Lladdr, client);
      address = lease?.address ?? address;
      return lease;
    },
    download: (wanted) =>
      download(wanted, {
        from: address ?? '0.0.0.0',
        port: options.tftpPort,
        waitScale: waitScale(options),
      }),
    fetch: async (url, report) => {
      if (options.faults.includes('http-down')) return { kind: 'unreachable', connected: false };
      const got = await fetchUrl(url, { from: address, pace: options.pace }, report);
      return options.faults.reduce((received, fault) => spoil(fault, url, received), got);
    },
    verifySignature: verifyEmbedded,
    readDisk: () => (rootDisk === null ? null : (readImage(rootDisk)?.installed ?? null)),
    writeDisk: (installed) => {
      const image = rootDisk === null ? null : readImage(rootDisk);
      if (rootDisk === null || image === null) return;
      writeFileSync(`${rootDisk}.new`, renderDiskImage({ ...image, installed }));
      renameSync(`${rootDisk}.new`, rootDisk);
    },
    makeHostKey: () =>
      `SHA256:${createHash('sha256').update(randomBytes(32)).digest('base64').replace('=', '')}`,
    log: (text) =>
      appendFileSync(HOST.log, `${new Date().toISOString()} pxe[${process.pid}]: ${lladdr}: ${text}\n`),
    now: Date.now,
    reboot: () => reboot(parameters),
    powerOff: () => end(),
  };
}

/** @returns null where the file is no image of ours */
function readImage(path: string): DiskImage | null {
  try {
    return parseDiskImage(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Where a boot leads: to the disk without a kernel. */
export function bootSource(kernel: string | null, release: string): BootSource {
  return kernel === null ? { kind: 'disk' } : { kind: 'ramdisk', release: releaseOf(kernel) ?? release };
}

/** Our own ramdisk kernels say their release in their first bytes. */
function releaseOf(kernel: string): string | null {
  try {
    const file = openSync(kernel, 'r');
    const head = Buffer.alloc(256);
    readSync(file, head);
    closeSync(file);
    return /OpenBSD (\d+\.\d) \(/.exec(head.toString('latin1'))?.[1] ?? null;
  } catch {
    return null;
  }
}

async function reboot({ id, options }: GuestParameters): Promise<BootSource> {
  const reply = await ask({ kind: 'rebooted', id, pid: process.pid });
  if (reply.kind !== 'boot' || reply.terminate) return end();
  return bootSource(reply.kernel, options.release);
}

function end(): Promise<never> {
  process.exit(0);
}

const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => {
    if (seconds === 0) setImmediate(resolve);
    else setTimeout(resolve, seconds * 1000);
  });
