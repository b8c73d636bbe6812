import type { Ipv4, Lladdr } from '../common/address.ts';

/** A VM as it was ordered: what `vm add` takes. Missing values come from the host's VM defaults. */
export interface VmOrder {
  readonly name: string;
  /** Null: a host with room is chosen. */
  readonly host: string | null;
  readonly hostName?: string;
  /** Login of the owner on host and guest; null: the VM belongs to the operator. */
  readonly owner?: string | null;
  readonly sshKeys?: readonly string[];
  readonly memoryMiB?: number;
  readonly diskSizesMiB?: readonly number[];
  readonly diskFormat?: DiskFormat;
  readonly release?: string;
  /** Set selections for the question `Set name(s)`, such as `-game*`. */
  readonly sets?: readonly string[];
  readonly timezone?: string;
}

export type DiskFormat = 'raw' | 'qcow2';

/** A VM as the inventory keeps it: the one truth from which every file and packet is rendered. */
export interface Vm {
  readonly name: string;
  readonly host: string;
  /** Lowest free number on its host, from 1. The last octet of the lladdr. */
  readonly id: number;
  readonly lladdr: Lladdr;
  readonly ipv4: Ipv4;
  /** Its own /64, canonical (`2001:db8:0:1::/64`); null where the host has no prefix. */
  readonly ipv6: string | null;
  readonly hostName: string;
  readonly owner: string | null;
  readonly sshKeys: readonly string[];
  readonly memoryMiB: number;
  readonly diskSizesMiB: readonly number[];
  readonly diskFormat: DiskFormat;
  readonly release: string;
  readonly arch: string;
  readonly sets: readonly string[];
  readonly timezone: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What `vm set` may change: name, host, id and addresses stay for life. */
export type VmChange = Partial<
  Pick<
    Vm,
    | 'hostName'
    | 'owner'
    | 'sshKeys'
    | 'memoryMiB'
    | 'diskSizesMiB'
    | 'diskFormat'
    | 'release'
    | 'sets'
    | 'timezone'
  >
>;
