import type { Lease } from '../dhcp-client.ts';
import type { InstalledSystem } from '../disk-image.ts';

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
  /** `off`: nobody reads, what is typed is lost. `silent`: lines without echo, for a password. */
  terminal(mode: 'off' | 'lines' | 'silent'): Promise<void>;
  /** Asks DHCP as dhcpleased(8) does; null when no answer came in 30 s. */
  requestLease(): Promise<Lease | null>;
  /** GET, with what arrived so far reported while it arrives. */
  fetch(url: string, report?: ProgressReport): Promise<Fetched>;
  /** Verifies a signify(1) file with an embedded signature. */
  verifySignature(bytes: Uint8Array): boolean;
  readDisk(): InstalledSystem | null;
  writeDisk(system: InstalledSystem): void;
  /** The fingerprint of a new ED25519 host key, `SHA256:...`. */
  makeHostKey(): string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The kernel restarts. Resolves with what vmd lets it boot; never when vmd ends the VM. */
  reboot(): Promise<BootSource>;
  /** Ends the VM. Never resolves. */
  powerOff(): Promise<never>;
}

export interface MachineFacts {
  readonly lladdr: string;
  readonly memoryMiB: number;
  /** One entry a disk. */
  readonly disksMiB: readonly number[];
  readonly arch: string;
  readonly httpPort: number;
  /** True when the boot device was the network: autoinstall then starts by itself. */
  readonly netbooted: boolean;
}

export type BootSource = { readonly kind: 'ramdisk'; readonly release: string } | { readonly kind: 'disk' };

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
