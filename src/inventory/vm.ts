import type { Ipv4, Lladdr } from '../common/address.ts';

/** A VM as it was ordered: what `vm add` takes. Missing values come from the host's VM defaults. */
export interface VmOrder extends VmChange {
  readonly name: string;
  /** Null: a host with room is chosen. */
  readonly host: string | null;
}

export type DiskFormat = 'raw' | 'qcow2';
/** How the installed system gets its IPv4 address. */
export type Ipv4Method = 'dhcp' | 'static';

/** Who has a VM and on what terms. Nothing here changes what is installed, but the user's full name. */
export interface Customer {
  readonly fullName: string | null;
  readonly email: string | null;
  readonly note: string | null;
  /** `2024-02-29`, as are all dates. */
  readonly orderedOn: string | null;
  /** The last day that is paid for. */
  readonly paidUntil: string | null;
  /** How it is paid, in the operator's words. */
  readonly payment: string | null;
  readonly subscription: string | null;
}

/** A further interface, on a switch that only this owner's VMs share. */
export interface PrivateNic {
  /** Name of the private network; the same on all of its VMs. */
  readonly network: string;
  /** Number of the network on its host, from 1: that of its switch, and the third octet of its addresses. */
  readonly number: number;
  readonly lladdr: Lladdr;
}

/** One line of a VM's text file: a field that puffboot holds itself, or a line that is kept as it stood. */
export type VmFileLine =
  | { readonly kind: 'field'; readonly key: string }
  | { readonly kind: 'kept'; readonly text: string };

/** A VM as the inventory keeps it: the one truth from which every file and packet is rendered. */
export interface Vm extends Customer {
  readonly name: string;
  readonly host: string;
  /** Lowest free number on its host, from 1. The last octet of the lladdr. */
  readonly id: number;
  readonly lladdr: Lladdr;
  readonly ipv4: Ipv4;
  /** Its own /64, canonical (`2001:db8:0:1::/64`); null where the host has no prefix. */
  readonly ipv6: string | null;
  /** vio1 to vio3. */
  readonly nics: readonly PrivateNic[];
  readonly hostName: string;
  /** Login of the owner on host and guest; null: the VM belongs to the operator. */
  readonly owner: string | null;
  readonly sshKeys: readonly string[];
  readonly memoryMiB: number;
  readonly diskSizesMiB: readonly number[];
  readonly diskFormat: DiskFormat;
  /** Where disks lie that puffboot did not make, by their place; the others follow from the VM's name. */
  readonly diskPaths: readonly string[];
  readonly release: string;
  readonly arch: string;
  /** Set selections for the question `Set name(s)`, such as `-game*`. */
  readonly sets: readonly string[];
  readonly timezone: string;
  /** URL of a disklabel(8) template for the root disk; null: the installer's own layout. */
  readonly disklabel: string | null;
  readonly ipv4Method: Ipv4Method;
  /** Random passwords at each install, instead of none. */
  readonly passwords: boolean;
  /** It had a system before puffboot knew it: vmd(8) may start it although nothing was installed here. */
  readonly installed: boolean;
  /** The text file that it came from, as far as puffboot's own fields do not hold it. */
  readonly fileLines: readonly VmFileLine[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What `vm set` may change: name, host, id and addresses stay for life. */
export type VmChange = Partial<
  Customer &
    Pick<
      Vm,
      | 'hostName'
      | 'owner'
      | 'sshKeys'
      | 'memoryMiB'
      | 'diskSizesMiB'
      | 'diskFormat'
      | 'diskPaths'
      | 'release'
      | 'sets'
      | 'timezone'
      | 'disklabel'
      | 'ipv4Method'
      | 'passwords'
      | 'installed'
    >
>;

/** The fields of a VM about which nothing was said, where nothing is a value. */
export const UNSAID = {
  fullName: null,
  email: null,
  note: null,
  orderedOn: null,
  paidUntil: null,
  payment: null,
  subscription: null,
  nics: [],
  diskPaths: [],
  disklabel: null,
  ipv4Method: 'dhcp',
  passwords: false,
  installed: false,
  fileLines: [],
} as const satisfies Partial<Vm>;
