import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import { errnoOf } from '../../../common/error.ts';
import { HOST, pathOnHost } from '../../host-path.ts';
import {
  type Accounts,
  BASE_ACCOUNTS,
  groupsOf,
  parseAccounts,
  renderGroup,
  renderPasswd,
  userOf,
} from '../../root/accounts.ts';

/** What a command says of a file: errno's text. */
export class FileError extends Error {}

const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EEXIST: 'File exists',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ENOTEMPTY: 'Directory not empty',
  ENOSPC: 'No space left on device',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
};

export interface HostStat {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  /** Milliseconds since the epoch. */
  readonly changed: number;
}

const [READ, WRITE, SEARCH] = [4, 2, 1];

/**
 * The files below a simulated host's root as one of its users may use them. Whoever runs the simulation owns
 * them all, so owners are noted beside: a file for each inode, which moves and links then need not know.
 */
export class HostFiles {
  readonly root: string;
  readonly user: string;
  /** Set where the disk is full: what is written ends in the middle. */
  full = false;

  constructor(root: string, user: string) {
    this.root = root;
    this.user = user;
  }

  as(user: string): HostFiles {
    const files = new HostFiles(this.root, user);
    files.full = this.full;
    return files;
  }

  get accounts(): Accounts {
    const text = (path: string) => this.#peek(path) ?? '';
    return parseAccounts(text('etc/passwd'), text('etc/group'));
  }

  setAccounts(accounts: Accounts): void {
    writeFileSync(join(this.root, 'etc/passwd'), renderPasswd(accounts));
    writeFileSync(join(this.root, 'etc/group'), renderGroup(accounts));
  }

  /** A file of the simulation itself, whoever asks; null where it is missing. */
  #peek(path: string): string | null {
    const real = join(this.root, path);
    return existsSync(real) ? readFileSync(real, 'utf8') : null;
  }

  /** On this machine. */
  path(named: string): string {
    return pathOnHost(this.root, join(this.root, 'var/puffboot'), named);
  }

  stat(named: string, follow = true): HostStat {
    return this.#try(() => {
      const real = this.path(named);
      this.#may(posix.dirname(real), SEARCH);
      const status = follow ? statSync(real) : lstatSync(real);
      const kind = status.isFile()
        ? 'file'
        : status.isDirectory()
          ? 'directory'
          : status.isSymbolicLink()
            ? 'link'
            : 'other';
      const { size, nlink, mtimeMs, mode } = status;
      return {
        kind,
        mode: mode & 0o7777,
        ...this.#owner(real, status),
        size,
        links: nlink,
        changed: mtimeMs,
      };
    });
  }

  /** Null where it is missing. */
  find(named: string, follow = true): HostStat | null {
    try {
      return this.stat(named, follow);
    } catch {
      return null;
    }
  }

  read(named: string): Buffer {
    return this.#try(() => {
      const real = this.path(named);
      this.#may(posix.dirname(real), SEARCH);
      if (existsSync(real)) this.#may(real, READ);
      return readFileSync(real);
    });
  }

  list(named: string): readonly string[] {
    return this.#try(() => {
      this.#may(this.path(named), READ);
      return readdirSync(this.path(named)).sort();
    });
  }

  /** Keeps mode and owner of what is there. */
  write(named: string, bytes: Uint8Array, mode = 0o644, append = false): void {
    this.#try(() => {
      const real = this.path(named);
      const isNew = !existsSync(real);
      if (isNew) this.#may(posix.dirname(real), WRITE | SEARCH);
      else this.#may(real, WRITE);
      writeFileSync(real, this.full ? bytes.subarray(0, bytes.length / 2) : bytes, {
        mode,
        flag: append ? 'a' : 'w',
      });
      if (isNew) this.#own(real, mode);
      if (this.full) throw new FileError(TEXTS.ENOSPC);
    });
  }

  mkdir(named: string, mode = 0o755): void {
    this.#try(() => {
      const real = this.path(named);
      this.#may(posix.dirname(real), WRITE | SEARCH);
      mkdirSync(real);
      this.#own(real, mode);
    });
  }

  rename(from: string, to: string): void {
    this.#try(() => {
      for (const named of [from, to]) this.#may(posix.dirname(this.path(named)), WRITE | SEARCH);
      this.#forget(this.path(to));
      renameSync(this.path(from), this.path(to));
    });
  }

  copy(from: string, to: string): void {
    const bytes = this.read(from);
    const { mode } = this.stat(from);
    this.write(to, bytes, mode);
  }

  link(from: string, to: string, symbolic: boolean): void {
    this.#try(() => {
      this.#may(posix.dirname(this.path(to)), WRITE | SEARCH);
      if (symbolic) symlinkSync(from.startsWith('/') ? this.path(from) : from, this.path(to));
      else linkSync(this.path(from), this.path(to));
    });
  }

  remove(named: string, recursive: boolean): void {
    this.#try(() => {
      const real = this.path(named);
      this.#may(posix.dirname(real), WRITE | SEARCH);
      this.#forget(real);
      if (recursive) rmSync(real, { recursive: true });
      else unlinkSync(real);
    });
  }

  chmod(named: string, mode: number): void {
    const { uid } = this.stat(named);
    if (this.#me.uid !== 0 && uid !== this.#me.uid) throw new FileError(TEXTS.EPERM);
    this.#try(() => chmodSync(this.path(named), mode));
  }

  chown(named: string, uid: number | null, gid: number | null): void {
    const before = this.stat(named);
    const { uid: mine, gids } = this.#me;
    const allowed = mine === 0 || ((uid ?? before.uid) === before.uid && gids.includes(gid ?? before.gid));
    if (!allowed) throw new FileError(TEXTS.EPERM);
    this.#note(this.path(named), uid ?? before.uid, gid ?? before.gid);
  }

  may(named: string, wanted: 'read' | 'write'): boolean {
    try {
      this.#may(this.path(named), wanted === 'read' ? READ : WRITE);
      return true;
    } catch {
      return false;
    }
  }

  get #me(): { readonly uid: number; readonly gids: readonly number[] } {
    if (this.user === 'root') return { uid: 0, gids: [0] };
    const { accounts } = this;
    const user = userOf(accounts, this.user);
    if (user === null) return { uid: 32767, gids: [32767] };
    return { uid: user.uid, gids: groupsOf(accounts, user).map(({ gid }) => gid) };
  }

  #may(real: string, wanted: number): void {
    const { uid: mine, gids } = this.#me;
    const status = statSync(real);
    if ((wanted & SEARCH) !== 0 && !status.isDirectory()) throw new FileError(TEXTS.ENOTDIR);
    if (mine === 0 || real.length <= this.root.length) return;
    const { uid, gid } = this.#owner(real, status);
    const shift = uid === mine ? 6 : gids.includes(gid) ? 3 : 0;
    if (((status.mode >> shift) & wanted) !== wanted) throw new FileError(TEXTS.EACCES);
  }

  /** What nobody noted belongs to whom its directory belongs to. */
  #owner(real: string, status: Stats): { readonly uid: number; readonly gid: number } {
    const note = join(this.root, HOST.owners, inodeName(status));
    if (existsSync(note)) {
      const [uid = 0, gid = 0] = readFileSync(note, 'utf8').split(':').map(Number);
      return { uid, gid };
    }
    const parent = posix.dirname(real);
    return parent.length < this.root.length ? { uid: 0, gid: 0 } : this.#owner(parent, statSync(parent));
  }

  /** A new file belongs to who made it, and to its directory's group. */
  #own(real: string, mode: number): void {
    chmodSync(real, mode);
    const parent = posix.dirname(real);
    this.#note(real, this.#me.uid, this.#owner(parent, statSync(parent)).gid);
  }

  #note(real: string, uid: number, gid: number): void {
    writeFileSync(join(this.root, HOST.owners, inodeName(lstatSync(real))), `${uid}:${gid}`);
  }

  /** The numbers of removed files come back. */
  #forget(real: string): void {
    const status = lstatSync(real, { throwIfNoEntry: false });
    if (status?.nlink === 1) rmSync(join(this.root, HOST.owners, inodeName(status)), { force: true });
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof FileError) throw error;
      const text = TEXTS[errnoOf(error) ?? ''];
      if (text === undefined) throw error;
      throw new FileError(text);
    }
  }
}

const inodeName = ({ ino }: Stats): string => String(ino);

/** What a new host has besides its directories; what is there is left as it is. */
const BASE_FILES: Readonly<Record<string, string>> = {
  'etc/passwd': renderPasswd(BASE_ACCOUNTS),
  'etc/group': renderGroup(BASE_ACCOUNTS),
  'etc/doas.conf': 'permit nopass _puffboot as root\n',
  'etc/dhcpd.conf': '',
  'etc/pf.conf': 'set skip on lo\n\nblock return\npass\n',
  'etc/rc.conf.local': 'vmd_flags=\n',
  'etc/myname': 'stage.rehearsal.example\n',
  'etc/login.conf': 'vmd:\\\n\t:datasize=16384M:\\\n\t:tc=daemon:\n',
  'etc/firmware/vmm-bios': 'not a BIOS\n',
  'usr/sbin/vmd': '',
};
/** Who owns what that is not root's. */
const OWNED: Readonly<Record<string, number>> = {
  'home/vm': 1000,
  'etc/puffboot': 1000,
  'var/puffboot': 1000,
  tmp: 0,
};

export function makeBaseFiles(root: string): void {
  mkdirSync(join(root, HOST.owners), { recursive: true });
  for (const [path, text] of Object.entries(BASE_FILES)) {
    const real = join(root, path);
    mkdirSync(posix.dirname(real), { recursive: true });
    if (!existsSync(real)) writeFileSync(real, text, { mode: path === 'etc/doas.conf' ? 0o600 : 0o644 });
  }
  for (const [path, id] of Object.entries(OWNED)) {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, HOST.owners, inodeName(lstatSync(join(root, path)))), `${id}:${id}`);
  }
  chmodSync(join(root, 'tmp'), 0o1777);
  mkdirSync(join(root, 'dev'), { recursive: true });
  const ptys = [...'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  for (const name of ['tap0', 'tap1', 'tap2', 'tap3', ...ptys.map((letter) => `ttyp${letter}`)]) {
    writeFileSync(join(root, 'dev', name), '', { flag: 'a' });
  }
}
