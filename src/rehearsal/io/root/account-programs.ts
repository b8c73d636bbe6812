import { posix } from 'node:path';
import {
  type Accounts,
  type Group,
  groupLine,
  groupOf,
  groupsOf,
  nextId,
  passwdLine,
  type User,
  userOf,
} from '../../root/accounts.ts';
import type { Options } from '../../root/getopt.ts';
import { type Call, complain, type HostProgram, withOptions } from './call.ts';

/** user(8), group(8), and what tells about accounts. Messages are those of usr.sbin/user. */
export const ACCOUNT_PROGRAMS: Readonly<Record<string, HostProgram>> = {
  id: withOptions('Ggnupr', id),
  getent: withOptions('', getent),
  useradd: asRoot(withOptions('movb:c:d:e:f:G:g:k:L:p:r:s:u:', useradd)),
  usermod: asRoot(withOptions('movUZc:d:e:f:G:g:L:l:p:S:s:u:', usermod)),
  userdel: asRoot(withOptions('rvp:', userdel)),
  groupadd: asRoot(withOptions('ovg:', groupadd)),
  groupdel: asRoot(withOptions('v', groupdel)),
};

function asRoot(program: HostProgram): HostProgram {
  return (call) =>
    call.files.user === 'root' ? program(call) : complain(call, 'Program must be run as root');
}

function id(call: Call, { flags, rest }: Options): number {
  const { accounts } = call.files;
  const name = rest[0] ?? call.files.user;
  const user = userOf(accounts, name);
  if (user === null) return complain(call, `${name}: no such user`);
  const groups = groupsOf(accounts, user);
  const [primary] = groups;
  const show = (row: { name: string }, number: number) => (flags.has('n') ? row.name : String(number));
  if (flags.has('u')) call.out(`${show(user, user.uid)}\n`);
  else if (flags.has('g')) call.out(`${show({ name: primary?.name ?? String(user.gid) }, user.gid)}\n`);
  else if (flags.has('G')) call.out(`${groups.map((group) => show(group, group.gid)).join(' ')}\n`);
  else {
    const list = groups.map(({ gid, name }) => `${gid}(${name})`).join(', ');
    call.out(`uid=${user.uid}(${name}) gid=${user.gid}(${primary?.name ?? user.gid}) groups=${list}\n`);
  }
  return 0;
}

/** Status 2: one of the keys is not there. */
function getent(call: Call, { rest: [database, ...keys] }: Options): number {
  const { users, groups } = call.files.accounts;
  const rows =
    database === 'passwd'
      ? users.map((user) => ({ ...user, id: user.uid, line: passwdLine(user) }))
      : database === 'group'
        ? groups.map((group) => ({ ...group, id: group.gid, line: groupLine(group) }))
        : null;
  if (rows === null) return complain(call, `unknown database: ${database}`);
  const found =
    keys.length === 0
      ? rows
      : keys.flatMap((key) => rows.filter(({ name, id }) => name === key || String(id) === key));
  for (const { line } of found) call.out(`${line}\n`);
  return keys.length > found.length ? 2 : 0;
}

function useradd(call: Call, { flags, rest: [name = ''] }: Options): number {
  const { accounts } = call.files;
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,30}\$?$/.test(name)) {
    return complain(call, `\`${name}' is not a valid login name`);
  }
  if (userOf(accounts, name) !== null) return complain(call, `already a \`${name}' user`);
  const uid = Number(flags.get('u') ?? nextId(accounts));
  if (accounts.users.some((user) => user.uid === uid) && !flags.has('o')) {
    return complain(call, `uid ${uid} is already in use`);
  }
  const wanted = flags.get('g') ?? '=uid';
  const primary = wanted === '=uid' ? null : (groupOf(accounts, wanted) ?? groupById(accounts, wanted));
  if (wanted !== '=uid' && primary === null) return complain(call, `group ${wanted} not found`);
  const secondary = (flags.get('G') ?? '').split(',').filter((group) => group !== '');
  const missing = secondary.find((group) => groupOf(accounts, group) === null);
  if (missing !== undefined) return complain(call, `aborting, group \`${missing}' does not exist`);
  const user: User = {
    name,
    uid,
    gid: primary?.gid ?? uid,
    comment: flags.get('c') ?? '',
    home: flags.get('d') ?? `${flags.get('b') ?? '/home'}/${name}`,
    shell: flags.get('s') ?? '/bin/ksh',
  };
  const others = accounts.groups.filter((group) => group.name !== name);
  const groups = primary === null ? [...others, { name, gid: uid, members: [] }] : accounts.groups;
  if (flags.has('m')) makeHome(call, user);
  call.files.setAccounts({
    users: [...accounts.users, user],
    groups: groups.map((group) => (secondary.includes(group.name) ? joined(group, name) : group)),
  });
  if (!flags.has('m') && call.files.find(user.home) === null) {
    complain(call, `Warning: home directory \`${user.home}' doesn't exist, and -m was not specified`);
  }
  return 0;
}

const groupById = ({ groups }: Accounts, gid: string): Group | null =>
  groups.find((group) => String(group.gid) === gid) ?? null;

const joined = (group: Group, name: string): Group => ({
  ...group,
  members: [...new Set([...group.members, name])],
});

/**
 * The home goes to its login last, and the login comes after it: the programs of a real host are not killed with
 * puffboot in between, and here they run in it.
 */
function makeHome({ files }: Call, { home, uid, gid }: User): void {
  const there = files.find(home);
  if (there !== null && there.uid !== 0) return;
  const [parent, ssh, keys] = [posix.dirname(home), `${home}/.ssh`, `${home}/.ssh/authorized_keys`];
  for (const [path, mode] of [[parent], [home], [ssh, 0o700]] as const) {
    if (files.find(path) === null) files.mkdir(path, mode);
  }
  if (files.find(keys) === null) files.write(keys, new Uint8Array(), 0o600);
  for (const path of [keys, ssh, home]) files.chown(path, uid, gid);
}

/** -G adds to groups, -S replaces them. */
function usermod(call: Call, { flags, rest: [name = ''] }: Options): number {
  const { accounts } = call.files;
  const before = userOf(accounts, name);
  if (before === null) return complain(call, `No such user \`${name}'`);
  const list = (flags.get('G') ?? flags.get('S') ?? '').split(',').filter((group) => group !== '');
  const missing = list.find((group) => groupOf(accounts, group) === null);
  if (missing !== undefined) return complain(call, `aborting, group \`${missing}' does not exist`);
  if (flags.has('Z') && flags.has('U')) return complain(call, 'options -Z and -U are mutually exclusive');
  if ((flags.has('Z') || flags.has('U')) && before.uid < 1000) {
    return complain(call, `(un)locking is not supported for the \`${name}' account`);
  }
  const locked = before.shell.endsWith('-');
  const shell = flags.get('s') ?? before.shell;
  const after: User = {
    ...before,
    comment: flags.get('c') ?? before.comment,
    home: flags.get('d') ?? before.home,
    shell: flags.has('Z') && !locked ? `${shell}-` : flags.has('U') && locked ? shell.slice(0, -1) : shell,
  };
  call.files.setAccounts({
    users: accounts.users.map((user) => (user.name === name ? after : user)),
    groups: accounts.groups.map((group) => {
      if (list.includes(group.name)) return joined(group, name);
      return flags.has('S')
        ? { ...group, members: group.members.filter((member) => member !== name) }
        : group;
    }),
  });
  return 0;
}

function userdel(call: Call, { flags, rest: [name = ''] }: Options): number {
  const { accounts } = call.files;
  const user = userOf(accounts, name);
  if (user === null) return complain(call, `No such user \`${name}'`);
  if (flags.has('r') && call.files.find(user.home) !== null) call.files.remove(user.home, true);
  call.files.setAccounts({
    users: accounts.users.filter((other) => other.name !== name),
    groups: accounts.groups.map((group) => ({
      ...group,
      members: group.members.filter((member) => member !== name),
    })),
  });
  return 0;
}

function groupadd(call: Call, { flags, rest: [name = ''] }: Options): number {
  const { accounts } = call.files;
  if (groupOf(accounts, name) !== null) {
    complain(call, `group \`${name}' already exists`);
    return complain(call, "can't add group: problems with /etc/group file");
  }
  const gid = Number(flags.get('g') ?? nextId(accounts));
  if (accounts.groups.some((group) => group.gid === gid) && !flags.has('o')) {
    return complain(call, `can't add group: gid ${gid} is a duplicate`);
  }
  call.files.setAccounts({ ...accounts, groups: [...accounts.groups, { name, gid, members: [] }] });
  return 0;
}

function groupdel(call: Call, { rest: [name = ''] }: Options): number {
  const { accounts } = call.files;
  if (groupOf(accounts, name) === null) return complain(call, `No such group: \`${name}'`);
  call.files.setAccounts({ ...accounts, groups: accounts.groups.filter((group) => group.name !== name) });
  return 0;
}
