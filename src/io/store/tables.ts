import type { Generated } from 'kysely';

/** The tables as they lie in the database. Lists and objects are JSON texts; times are milliseconds. */
export interface Tables {
  readonly vms: VmTable;
  readonly installs: InstallTable;
  readonly stopped_vms: { readonly vm: string };
  readonly retired_vms: RetiredTable;
}

export interface RetiredTable {
  readonly seq: Generated<number>;
  readonly key: string;
  readonly name: string;
  readonly stage: string;
  /** All of it, as JSON. */
  readonly retired: string;
}

export interface VmTable {
  readonly name: string;
  readonly host: string;
  readonly id: number;
  readonly lladdr: string;
  readonly ipv4: string;
  readonly ipv6: string | null;
  readonly host_name: string;
  readonly owner: string | null;
  readonly ssh_keys: string;
  readonly memory_mib: number;
  readonly disk_sizes_mib: string;
  readonly disk_format: string;
  readonly release: string;
  readonly arch: string;
  readonly sets: string;
  readonly timezone: string;
  readonly full_name: string | null;
  readonly email: string | null;
  readonly note: string | null;
  readonly ordered_on: string | null;
  readonly paid_until: string | null;
  readonly payment: string | null;
  readonly subscription: string | null;
  readonly disklabel: string | null;
  readonly nics: string;
  readonly disk_paths: string;
  readonly file_lines: string;
  readonly ipv4_method: string;
  readonly passwords: number;
  readonly installed: number;
  readonly created_at: number;
}

export interface InstallTable {
  /** The order in which installs were created. */
  readonly seq: Generated<number>;
  readonly id: string;
  readonly vm: string;
  readonly host: string;
  readonly mode: string;
  readonly way: string;
  readonly state: string;
  readonly token: string;
  readonly node: string;
  readonly claim: string | null;
  readonly phases: string;
  readonly witnesses: string;
  readonly failure: string | null;
  readonly recording: string;
  readonly fresh_disk: number;
}
