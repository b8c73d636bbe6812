/** passwd(5) and group(5) of the simulated host, as text in and text out. */

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  /** Those whose primary group it is are not among them. */
  readonly members: readonly string[];
}

export interface Accounts {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
}

export function parseAccounts(passwd: string, group: string): Accounts {
  const rows = (text: string, fields: number) =>
    text.split('\n').flatMap((line) => {
      const row = line.split(':');
      return row.length === fields ? [row] : [];
    });
  return {
    users: rows(passwd, 7).map(([name = '', , uid, gid, comment = '', home = '', shell = '']) => ({
      name,
      uid: Number(uid),
      gid: Number(gid),
      comment,
      home,
      shell,
    })),
    groups: rows(group, 4).map(([name = '', , gid, members = '']) => ({
      name,
      gid: Number(gid),
      members: members.split(',').filter((member) => member !== ''),
    })),
  };
}

export const passwdLine = ({ name, uid, gid, comment, home, shell }: User): string =>
  [name, '*', uid, gid, comment, home, shell].join(':');

export const groupLine = ({ name, gid, members }: Group): string =>
  [name, '*', gid, members.join(',')].join(':');

export const renderPasswd = ({ users }: Accounts): string =>
  users.map((user) => `${passwdLine(user)}\n`).join('');

export const renderGroup = ({ groups }: Accounts): string =>
  groups.map((group) => `${groupLine(group)}\n`).join('');

export const userOf = ({ users }: Accounts, name: string): User | null =>
  users.find((user) => user.name === name) ?? null;

export const groupOf = ({ groups }: Accounts, name: string): Group | null =>
  groups.find((group) => group.name === name) ?? null;

/** The primary group first. */
export function groupsOf({ groups }: Accounts, { name, gid }: User): readonly Group[] {
  const primary = groups.filter((group) => group.gid === gid);
  return [...primary, ...groups.filter((group) => group.gid !== gid && group.members.includes(name))];
}

/** `user`, `user:group`, `:group`, by name or number; null for one that does not exist. */
export function parseOwner(
  accounts: Accounts,
  owner: string,
): { readonly uid: number | null; readonly gid: number | null; readonly unknown: string | null } {
  const [user = '', group = ''] = owner.split(':');
  const number = (text: string) => (/^\d+$/.test(text) ? Number(text) : null);
  const uid = user === '' ? null : (userOf(accounts, user)?.uid ?? number(user));
  const gid = group === '' ? null : (groupOf(accounts, group)?.gid ?? number(group));
  const unknown = user !== '' && uid === null ? user : group !== '' && gid === null ? group : null;
  return { uid, gid, unknown };
}

/** The lowest number from 1000 up that neither a user nor a group has. */
export function nextId({ users, groups }: Accounts): number {
  const taken = new Set([...users.map(({ uid }) => uid), ...groups.map(({ gid }) => gid)]);
  let id = 1000;
  while (taken.has(id)) id += 1;
  return id;
}

/** What a new simulated host has. */
export const BASE_ACCOUNTS: Accounts = {
  users: [
    ['root', 0, 0, 'Charlie &', '/root', '/bin/ksh'],
    ['daemon', 1, 1, 'The devil himself', '/root', '/sbin/nologin'],
    ['_vmd', 107, 107, 'VM Daemon', '/var/empty', '/sbin/nologin'],
    ['_puffboot', 1000, 1000, 'puffboot', '/var/puffboot', '/bin/ksh'],
    ['puffy', 1001, 1001, 'Puffy', '/home/puffy', '/bin/ksh'],
    ['nobody', 32767, 32767, 'Unprivileged user', '/nonexistent', '/sbin/nologin'],
  ].map(([name, uid, gid, comment, home, shell]) => ({
    name: String(name),
    uid: Number(uid),
    gid: Number(gid),
    comment: String(comment),
    home: String(home),
    shell: String(shell),
  })),
  groups: [
    { name: 'wheel', gid: 0, members: ['root'] },
    { name: 'daemon', gid: 1, members: ['daemon'] },
    { name: '_vmd', gid: 107, members: [] },
    // vmd(8) looks at the members alone: whose primary group it is does not count for it.
    { name: '_puffboot', gid: 1000, members: ['_puffboot'] },
    { name: 'puffy', gid: 1001, members: [] },
    { name: 'nobody', gid: 32767, members: [] },
  ],
};
