import type { VmStatus } from '../vmctl.ts';

/** What was found on a host. Plain JSON. */
export interface Observation {
  /** Who is logged in there: puffboot's own login. */
  readonly me: { readonly login: string; readonly groups: readonly string[] };
  /** Text of each file that was looked for; null: it is not there. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Whether each interface that was looked for is there. */
  readonly interfaces: Readonly<Record<string, boolean>>;
  /** Whether each daemon that was looked for runs. */
  readonly services: Readonly<Record<string, boolean>>;
  readonly vms: readonly VmStatus[];
  /** The group that may use vmd's control socket now; null where there is no socket. */
  readonly socketGroup: string | null;
  readonly groups: readonly Group[];
  readonly logins: readonly Login[];
  /** What is in each directory that was looked for; null: there is no such directory. */
  readonly directories: Readonly<Record<string, readonly string[] | null>>;
  /** SHA-256 of each kernel that was looked for; null: it is not there. */
  readonly kernels: Readonly<Record<string, string | null>>;
  /** authorized_keys of the logins that puffboot made, open or closed; null: it is not there. */
  readonly keyFiles: Readonly<Record<string, string | null>>;
  /** What an apply began and could not finish: see `pending.ts`. */
  readonly pending: Readonly<Partial<Record<PendingMark, readonly string[]>>>;
}

/** group(5) */
export interface Group {
  readonly name: string;
  readonly members: readonly string[];
}

/** passwd(5) */
export interface Login {
  readonly name: string;
  /** The GECOS field. */
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
}

/**
 * What has to follow the replacement of a file before the file is live. The mark is put on the host before the
 * file is replaced and taken away after the action succeeded, so that neither a failure nor a crash between the
 * two can lose the action: the file alone would look as if all were done.
 */
export const PENDING_MARKS = ['switch', 'reload', 'dhcpd', 'addresses', 'pf', 'sensorsd', 'httpd'] as const;
export type PendingMark = (typeof PENDING_MARKS)[number];

/** group(5): `name:password:id:member,member` */
export function parseGroups(text: string): readonly Group[] {
  return rows(text, 4).map(([name = '', , , members = '']) => {
    return { name, members: members.split(',').filter((member) => member !== '') };
  });
}

/** passwd(5): `name:password:uid:gid:comment:home:shell` */
export function parseLogins(text: string): readonly Login[] {
  return rows(text, 7).map(([name = '', , , , comment = '', home = '', shell = '']) => {
    return { name, comment, home, shell };
  });
}

const rows = (text: string, fields: number): readonly (readonly string[])[] =>
  text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((row) => row.length === fields && row[0] !== '');
