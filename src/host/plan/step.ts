import { VMCTL, VMD_SOCKET } from '../vmctl.ts';
import type { PendingMark } from './observation.ts';
import type { Service } from './services.ts';
import type { AppliedFile } from './wanted.ts';

/** One thing that is done to a host. Each may be done again: a second time changes nothing. */
export type Step =
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'member'; readonly login: string; readonly group: string }
  | { readonly kind: 'login'; readonly login: string; readonly fullName: string; readonly group: string }
  /** Locks a login that puffboot made, or unlocks what it locked; everything in its home stays. */
  | {
      readonly kind: 'close';
      readonly login: string;
      readonly comment: string;
      /** Groups that it keeps. */
      readonly groups: readonly string[];
    }
  | { readonly kind: 'open'; readonly login: string; readonly comment: string }
  /** The whole of the login's authorized_keys. */
  | {
      readonly kind: 'keys';
      readonly login: string;
      readonly text: string;
      /** How many of them are puffboot's. */
      readonly count: number;
    }
  | { readonly kind: 'directory'; readonly path: string; readonly owner: string }
  | { readonly kind: 'kernel'; readonly path: string; readonly file: string; readonly sha256: string }
  | { readonly kind: 'disk'; readonly vm: string; readonly path: string; readonly sizeMiB: number }
  | {
      readonly kind: 'check';
      readonly file: AppliedFile;
      readonly path: string;
      readonly text: string;
      readonly candidate: string;
    }
  | {
      readonly kind: 'replace';
      readonly path: string;
      /** As it was when this was planned; null: it was not there. */
      readonly before: string | null;
      readonly text: string;
      /** Permission bits of a file that is new. */
      readonly mode: number;
      /** What must follow before it is live, with the VMs that wait for it. */
      readonly marks: readonly Mark[];
    }
  /** Switches and VMs that are new to vmd(8); the VMs `disable`d, so that nothing is started. */
  | { readonly kind: 'load'; readonly path: string; readonly text: string; readonly names: readonly string[] }
  | { readonly kind: 'reload'; readonly names: readonly string[] }
  /** As vmd(8) does itself when it reads `socket owner`, which it does at a reload and not at a load. */
  | { readonly kind: 'socket'; readonly group: string }
  /** rc.d(8) */
  | {
      readonly kind: 'service';
      readonly service: 'dhcpd' | Service['service'];
      readonly action: Service['action'];
    }
  /** Creates an interface as its hostname.if(5) says. */
  | { readonly kind: 'interface'; readonly interface: string }
  | { readonly kind: 'address'; readonly interface: string; readonly address: string }
  | { readonly kind: 'load-pf'; readonly path: string }
  /** What is live now. */
  | { readonly kind: 'unmark'; readonly mark: PendingMark; readonly rest: readonly string[] };

export interface Mark {
  readonly mark: PendingMark;
  readonly names: readonly string[];
}

type Kind = Step['kind'];
type Of<K extends Kind> = Extract<Step, { readonly kind: K }>;

/** A command of a step. */
export interface StepCommand {
  readonly argv: readonly string[];
  readonly asRoot: boolean;
  readonly stdin?: string;
}

/**
 * Replaces ~/.ssh/authorized_keys. It runs as the login itself and not as root: what root wrote below a
 * customer's home could be led elsewhere by a symbolic link. Where puffboot dies while it sends them, the shell sees
 * an end like any other, so their length is compared before they take the place of the old ones.
 */
const writeKeys = (text: string): string =>
  [
    'umask 077',
    'mkdir -p "$HOME/.ssh"',
    'cd "$HOME/.ssh"',
    'cat >authorized_keys.new',
    `test $(wc -c <authorized_keys.new) -eq ${Buffer.byteLength(text)}`,
    'mv -f authorized_keys.new authorized_keys',
  ].join(' && ');

/** The programs that check a new file before it replaces the old one. */
export const CHECKS: Readonly<Record<AppliedFile, ((file: string) => readonly string[]) | null>> = {
  'vm.conf': (file) => ['vmd', '-n', '-f', file],
  'doas.conf': (file) => ['doas', '-C', file],
  'dhcpd.conf': (file) => ['dhcpd', '-n', '-c', file],
  'hostname.if': null,
  'pf.conf': (file) => ['pfctl', '-n', '-f', file],
  sensors: null,
  'sensorsd.conf': null,
  'httpd.conf': (file) => ['httpd', '-n', '-f', file],
};

const root = (...argv: readonly string[]): readonly StepCommand[] => [{ argv, asRoot: true }];

/** The commands of each kind of step; what is written besides, `io/` writes first. */
const COMMANDS: { readonly [K in Kind]: (step: Of<K>) => readonly StepCommand[] } = {
  group: ({ group }) => root('groupadd', group),
  member: ({ login, group }) => root('usermod', '-G', group, login),
  login: ({ login, fullName, group }) =>
    root('useradd', '-m', '-c', `${fullName},${MADE_BY_US}`, '-g', '=uid', '-G', group, login),
  // usermod(8): -Z also makes the shell one that does not exist, by which sshd(8) refuses keys as well.
  close: ({ login, comment, groups }) =>
    root('usermod', '-Z', '-S', groups.join(','), '-c', withOffice(comment, CLOSED_BY_US), login),
  open: ({ login, comment }) => root('usermod', '-U', '-c', withOffice(comment, MADE_BY_US), login),
  keys: ({ login, text }) => [
    { argv: ['su', '-s', '/bin/sh', login, '-c', writeKeys(text)], asRoot: true, stdin: text },
  ],
  directory: ({ path, owner }) => root('install', '-d', '-o', owner, '-m', '755', path),
  kernel: () => [],
  disk: ({ path, sizeMiB }) => [{ argv: VMCTL.create(path, sizeMiB), asRoot: false }],
  check: ({ file, candidate }) => root(...(CHECKS[file]?.(candidate) ?? [])),
  replace: () => [],
  load: ({ path }) => root(...VMCTL.load(path)),
  reload: () => root('vmctl', 'reload'),
  socket: ({ group }) => root('chgrp', group, VMD_SOCKET),
  service: ({ service, action }) => root('rcctl', action, service),
  // The status of netstart(8) says nothing.
  interface: ({ interface: name }) => [
    ...root('sh', '/etc/netstart', name),
    { argv: ['ifconfig', name], asRoot: false },
  ],
  address: ({ interface: name, address }) =>
    root('ifconfig', name, 'inet6', 'alias', address, 'prefixlen', '64'),
  'load-pf': ({ path }) => root('pfctl', '-f', path),
  unmark: () => [],
};

export function commandsOf<K extends Kind>(step: Of<K>): readonly StepCommand[] {
  return COMMANDS[step.kind as K](step);
}

/** Where passwd(5) has an office: by it a login is known to be ours, whatever became of the inventory. */
const MADE_BY_US = 'puffboot';
/** What stands there instead when puffboot closed it: a login that somebody else locked is not opened again. */
const CLOSED_BY_US = 'puffboot closed';

type Comment = { readonly comment: string };

const officeOf = ({ comment }: Comment): string => comment.split(',')[1] ?? '';
const withOffice = (comment: string, office: string): string => comment.split(',').with(1, office).join(',');

/** Whether puffboot added a login. */
export const isOurs = (login: Comment): boolean => [MADE_BY_US, CLOSED_BY_US].includes(officeOf(login));

/** Whether puffboot closed a login, because its owner had no VM left. */
export const isClosed = (login: Comment): boolean => officeOf(login) === CLOSED_BY_US;

const SAYS: { readonly [K in Kind]: (step: Of<K>) => string } = {
  group: ({ group }) => `add group ${group}`,
  member: ({ login, group }) => `put ${login} in group ${group}`,
  login: ({ login, group }) => `add login ${login}, in group ${group}, without a password`,
  close: ({ login }) => `close login ${login}, who has no VM here any more: locked, his home stays`,
  open: ({ login }) => `open login ${login} again`,
  keys: ({ login, count }) => (count === 0 ? `take the keys of ${login} away` : `write the keys of ${login}`),
  directory: ({ path, owner }) => `make directory ${path} for ${owner}`,
  kernel: ({ path }) => `put the ramdisk kernel at ${path}`,
  disk: ({ path, sizeMiB }) => `create disk ${path} of ${sizeMiB}M`,
  check: ({ file, path }) => `check the new ${path} with ${CHECKS[file]?.('')[0] ?? 'nothing'}`,
  replace: ({ path }) => `replace ${path}`,
  load: ({ names }) => `load into vmd: ${list(names)}`,
  reload: ({ names }) => `reload vmd for ${list(names)}; nothing is started`,
  socket: ({ group }) => `let group ${group} use vmd's socket`,
  service: ({ service, action }) => `${action} ${service}`,
  interface: ({ interface: name }) => `create interface ${name}`,
  address: ({ interface: name, address }) => `give ${name} the address ${address}`,
  'load-pf': ({ path }) => `load ${path} into pf`,
  unmark: ({ mark }) => `strike ${mark} off what is pending`,
};

/** A step in words. */
export function describe<K extends Kind>(step: Of<K>): string {
  return SAYS[step.kind as K](step);
}

/** Whether a step is worth telling: housekeeping is not. */
export const isTold = ({ kind }: Step): boolean => kind !== 'unmark';

const SHOWN = 6;

/** `a, b and 3 more` */
export function list(names: readonly string[]): string {
  if (names.length <= SHOWN) return names.join(', ');
  return `${names.slice(0, SHOWN - 1).join(', ')} and ${names.length - SHOWN + 1} more`;
}
