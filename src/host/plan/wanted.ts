/** What a host is to look like. Plain JSON; rendered from inventory and configuration. */
export interface Wanted {
  readonly host: string;
  /** Where fragments, kernels and marks are put. */
  readonly configDirectory: string;
  readonly diskDirectory: string;
  /** The group that may talk to vmd(8), and puffboot's own: of both, puffboot's own login is a member. */
  readonly groups: { readonly socket: string; readonly own: string };
  readonly owners: readonly WantedOwner[];
  /** Logins of owners with a VM here whose removal is under way: they are not closed yet. */
  readonly leaving: readonly string[];
  /** VMs that were here and were removed in order, or are being. */
  readonly removed: readonly string[];
  readonly kernels: readonly WantedKernel[];
  readonly disks: readonly WantedDisk[];
  readonly files: readonly WantedFile[];
  /** bridge(4) or veb(4) interfaces of the private networks. */
  readonly privateInterfaces: readonly string[];
  /** The host's interface in the network of its VMs. */
  readonly gatewayInterface: string;
  /** VMs that are being installed: vmd(8) must not forget them meanwhile. */
  readonly busy: readonly string[];
}

/** Somebody who owns VMs of this host. */
export interface WantedOwner {
  readonly login: string;
  readonly fullName: string;
  /** Public keys without comments. */
  readonly keys: readonly string[];
}

/** A ramdisk kernel, from which VMs of this release are installed. */
export interface WantedKernel {
  readonly release: string;
  readonly arch: string;
  /** On the host. */
  readonly path: string;
  readonly source: KernelSource;
}

/** What this machine has of a kernel. */
export type KernelSource =
  | { readonly kind: 'signed'; readonly file: string; readonly sha256: string }
  /** There is no key here to verify it with; told, and used all the same. */
  | { readonly kind: 'unsigned'; readonly file: string; readonly sha256: string; readonly why: string }
  /** There is none: its VMs cannot be installed, and nothing else is wrong. */
  | { readonly kind: 'missing'; readonly why: string }
  /** It is not what was signed, or cannot be believed. */
  | { readonly kind: 'refused'; readonly why: string };

export interface WantedDisk {
  readonly vm: string;
  readonly path: string;
  readonly sizeMiB: number;
}

/** A file of which a part, between marker lines, is puffboot's. */
export interface WantedFile {
  readonly kind: AppliedFile;
  readonly path: string;
  /** The whole block with its marker lines. */
  readonly block: string;
}

/** Files that are kept up to date on a host. */
export const APPLIED_FILES = [
  'vm.conf',
  'doas.conf',
  'dhcpd.conf',
  'hostname.if',
  'pf.conf',
  // The script before the file that names it.
  'sensors',
  'sensorsd.conf',
  'httpd.conf',
] as const;
export type AppliedFile = (typeof APPLIED_FILES)[number];
