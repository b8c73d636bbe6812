import { createHash } from 'node:crypto';
import type { Ipv4 } from '../../../src/common/address.ts';
import type { Lease } from '../../../src/rehearsal/dhcp-client.ts';
import type { InstalledSystem } from '../../../src/rehearsal/disk-image.ts';
import {
  type Board,
  type BootSource,
  type Fetched,
  Interrupted,
} from '../../../src/rehearsal/guest/board.ts';

export interface FakeBoard extends Board {
  /** What was asked over TFTP: `file blksize=1432 tsize=0 from 2024 leaves after 8`. */
  readonly downloads: string[];
  readonly logged: string[];
  /** Everything that was printed, with the typed lines as the tty echoes them. */
  text(): string;
  readonly disk: { installed: InstalledSystem | null };
  readonly rebooted: boolean;
}

export interface FakeBoardOptions {
  readonly lease?: Partial<Lease> | null;
  /** By URL without its query. */
  readonly files?: Readonly<Record<string, string>>;
  /** What somebody types, line by line; `^C` interrupts. When all is typed, the VM is switched off. */
  readonly typed?: readonly string[];
  readonly netbooted?: boolean;
  readonly panics?: boolean;
  readonly upgradeStalls?: boolean;
  /** What TFTP has, by the name that is asked; the rest is refused. */
  readonly tftp?: Readonly<Record<string, string>>;
  readonly installed?: InstalledSystem;
  readonly disksMiB?: readonly number[];
}

/** Thrown where a real machine would go on waiting for ever. */
export class SwitchedOff extends Error {}

export function fakeBoard(options: FakeBoardOptions): FakeBoard {
  const typed = [...(options.typed ?? [])];
  const disk = { installed: options.installed ?? null };
  const downloads: string[] = [];
  const logged: string[] = [];
  let text = '';
  let echo = true;
  let rebooted = false;
  const print = (more: string): void => {
    text += more;
  };
  return {
    text: () => text,
    disk,
    get rebooted() {
      return rebooted;
    },
    facts: {
      lladdr: 'fe:e1:bb:d1:4c:7a',
      furtherLladdrs: [],
      memoryMiB: 1024,
      disksMiB: options.disksMiB ?? [20_480],
      arch: 'amd64',
      httpPort: 80,
      netbooted: options.netbooted ?? false,
      hardware: 'vmd',
      panics: options.panics ?? false,
      upgradeStalls: options.upgradeStalls ?? false,
    },
    print,
    pause: async () => undefined,
    readLine: async (seconds) => {
      if (seconds !== undefined && typed[0] === 'timeout') {
        typed.shift();
        return null;
      }
      const line = typed.shift();
      if (line === undefined) throw new SwitchedOff();
      if (line === '^C') throw new Interrupted();
      print(echo ? `${line}\n` : '');
      return line;
    },
    terminal: async (mode) => {
      echo = mode === 'lines';
    },
    requestLease: async () => (options.lease === null ? null : { ...LEASE, ...options.lease }),
    fetch: async (url, report) => {
      const body = options.files?.[url.split('?')[0] ?? ''];
      if (body === undefined) return refusal(url, options.files ?? {});
      const bytes = new TextEncoder().encode(body);
      report?.(0, bytes.length);
      report?.(bytes.length, bytes.length);
      return { kind: 'ok', bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    downloads,
    logged,
    download: async ({ file, options: asked, leaveAfter, clientPort }) => {
      const words = asked.map(([name, value]) => ` ${name}=${value}`).join('');
      const leaves = leaveAfter === null ? '' : ` leaves after ${leaveAfter}`;
      downloads.push(`${file}${words} from ${clientPort}${leaves}`);
      const body = options.tftp?.[file];
      if (body === undefined) return { kind: 'refused', code: 1, message: 'no such name' };
      const bytes = Buffer.from(body, 'latin1');
      return { kind: 'read', bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    log: (line) => {
      logged.push(line);
    },
    verifySignature: (bytes) => new TextDecoder().decode(bytes).startsWith('signed\n'),
    readDisk: () => disk.installed,
    writeDisk: (system) => {
      disk.installed = system;
    },
    makeHostKey: () => `SHA256:${'k'.repeat(43)}`,
    now: () => Date.UTC(2026, 0, 5, 11, 0, 0),
    reboot: async (): Promise<BootSource> => {
      rebooted = true;
      return { kind: 'disk' };
    },
    powerOff: () => Promise.reject(new SwitchedOff()),
  };
}

const LEASE: Lease = {
  address: '10.76.0.11' as Ipv4,
  nextServer: '10.76.0.1' as Ipv4,
  filename: 'auto_install',
  serverId: '10.76.0.1' as Ipv4,
  hostName: 'labhost',
  domain: 'lab.example',
  dns: ['10.76.0.1' as Ipv4],
};

/** A host that has some file answers 404; others can't be reached. */
function refusal(url: string, files: Readonly<Record<string, string>>): Fetched {
  const { host, protocol } = new URL(url);
  const there = protocol === 'http:' && Object.keys(files).some((file) => new URL(file).host === host);
  return there ? { kind: 'refused', status: 404 } : { kind: 'unreachable', connected: false };
}

const DIRECTORY = 'http://10.76.0.1/pub/OpenBSD/7.6/amd64';
const NAMES = [
  'bsd',
  'bsd.rd',
  ...['base', 'comp', 'man', 'game', 'xbase', 'xshare', 'xfont', 'xserv'].map((name) => `${name}76.tgz`),
  'BUILDINFO',
];

/** Sets as the server of 10.76.0.1 has them, and its response file. */
export function fakeFiles(responseFile: string, site = false): Record<string, string> {
  const sums = NAMES.map((name) => `SHA256 (${name}) = ${createHash('sha256').update(name).digest('hex')}\n`);
  const files: Record<string, string> = {
    'http://10.76.0.1/install.conf': responseFile,
    [`${DIRECTORY}/SHA256.sig`]: `signed\n${sums.join('')}`,
    [`${DIRECTORY}/index.txt`]: site ? '-rw-r--r--  1 0  0  4 Sep 30 15:00:00 2024 site76.tgz\n' : '',
  };
  for (const name of NAMES) files[`${DIRECTORY}/${name}`] = name;
  if (site) files[`${DIRECTORY}/site76.tgz`] = 'site';
  return files;
}
