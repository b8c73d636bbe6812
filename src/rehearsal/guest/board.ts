import type { Ipv4 } from '../../common/address.ts';
import type { DhcpClient, Lease } from '../dhcp-client.ts';
import type { InstalledSystem } from '../disk-image.ts';
import type { ReadEnd, ReadRequest } from '../tftp-client.ts';

/** The machine that a guest runs on. Implemented in `io/board.ts`; the guest itself touches nothing else. */
export interface Board {
  readonly facts: MachineFacts;
  /** `\n` in it becomes a new line on the console, as the tty does it. */
  print(text: string): void;
  /** Lets time pass as the pace says: nothing at all at pace 0. */
  pause(seconds: number): Promise<void>;
  /**
   * The next line that somebody types, without its end; null when none came within `seconds`.
   * @throws Interrupted at ^C
   */
  readLine(seconds?: number): Promise<string | null>;
  /**
   * `off`: nobody reads, what is typed is lost. `silent`: lines without echo, for a password. `keys`: each key
   * counts as a line.
   */
  terminal(mode: 'off' | 'lines' | 'silent' | 'keys'): Promise<void>;
  /** Asks DHCP as this client does; null when no answer came in 30 s. */
  requestLease(client: DhcpClient): Promise<Lease | null>;
  /** Reads a file over TFTP, from the address that was leased last. */
  download(wanted: Download): Promise<Downloaded>;
  /** GET, with what arrived so far reported while it arrives. */
  fetch(url: string, report?: ProgressReport): Promise<Fetched>;
  /** Verifies a signify(1) file with an embedded signature. */
  verifySignature(bytes: Uint8Array): boolean;
  readDisk(): InstalledSystem | null;
  writeDisk(system: InstalledSystem): void;
  /** The fingerprint of a new ED25519 host key, `SHA256:...`. */
  makeHostKey(): string;
  /** A line for the log of the host. */
  log(text: string): void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The kernel restarts. Resolves with what vmd lets it boot; never when vmd ends the VM. */
  reboot(): Promise<BootSource>;
  /** Ends the VM. Never resolves. */
  powerOff(): Promise<never>;
}

export interface MachineFacts {
  readonly lladdr: string;
  /** Of vio1 and further on. */
  readonly furtherLladdrs: readonly string[];
  readonly memoryMiB: number;
  /** One entry a disk. */
  readonly disksMiB: readonly number[];
  readonly arch: string;
  readonly httpPort: number;
  /** True when the boot device was the network: autoinstall then starts by itself. */
  readonly netbooted: boolean;
  /** vmd(8) with its devices, or a PC with a PXE ROM as QEMU makes them. */
  readonly hardware: 'vmd' | 'pc';
  /** The kernel stops in its debugger while sets are being installed. */
  readonly panics: boolean;
  /** The site set's install.site reads an answer from the console. */
  readonly siteAsks?: boolean;
  /** It ends with an error. */
  readonly siteFails?: boolean;
  /** No set fits on it. */
  readonly diskFull?: boolean;
  /** An upgrade by sysupgrade(8) comes to a standstill. */
  readonly upgradeStalls?: boolean;
}

export type BootSource =
  | { readonly kind: 'ramdisk'; readonly release: string }
  | { readonly kind: 'disk' }
  /** The PXE ROM decides. */
  | { readonly kind: 'network' };

export interface Download extends ReadRequest {
  readonly server: Ipv4;
  /** 0 for any. */
  readonly clientPort: number;
}

export type Downloaded =
  | { readonly kind: 'read'; readonly bytes: Uint8Array; readonly sha256: string }
  | Exclude<ReadEnd, { readonly kind: 'read' }>;

/** @param total null where the server doesn't say the length */
export type ProgressReport = (received: number, total: number | null) => void;

export type Fetched =
  | { readonly kind: 'ok'; readonly bytes: Uint8Array; readonly sha256: string }
  /** The server answered, with something else than 200. */
  | { readonly kind: 'refused'; readonly status: number }
  /** No connection, or it broke. `connected` tells which. */
  | { readonly kind: 'unreachable'; readonly connected: boolean };

/** ^C was typed. */
export class Interrupted extends Error {}
