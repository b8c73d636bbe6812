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
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import { pathOnHost } from '../../host-path.ts';
import {
  type Accounts,
  groupsOf,
  parseAccounts,
  renderGroup,
  renderPasswd,
  userOf,
} from '../../root/accounts.ts';
import { asFileError, FileError } from './file-error.ts';
import { forgetOwner, makeOwned, noteOwner, ownerOf } from './owner-notes.ts';

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
 * them all, so owners are noted beside (owner-notes.ts).
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
    for (const [name, text] of [
      ['group', renderGroup(accounts)],
      ['passwd', renderPasswd(accounts)],
    ] as const) {
      const path = join(this.root, 'etc', name);
      writeFileSync(`${path}.${process.pid}`, text);
      renameSync(`${path}.${process.pid}`, path);
    }
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
    return asFileError(() => {
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
        ...ownerOf(this.root, real, status),
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
    return asFileError(() => {
      const real = this.path(named);
      this.#may(posix.dirname(real), SEARCH);
      if (existsSync(real)) this.#may(real, READ);
      return readFileSync(real);
    });
  }

  list(named: string): readonly string[] {
    return asFileError(() => {
      this.#may(this.path(named), READ);
      return readdirSync(this.path(named)).sort();
    });
  }

  /** Keeps mode and owner of what is there. */
  write(named: string, bytes: Uint8Array, mode = 0o644, append = false): void {
    asFileError(() => {
      const real = this.path(named);
      const isNew = !existsSync(real);
      if (isNew) this.#make(real, (unnamed) => writeFileSync(unnamed, '', { mode }), mode);
      else this.#may(real, WRITE);
      writeFileSync(real, this.full ? bytes.subarray(0, bytes.length / 2) : bytes, {
        flag: append ? 'a' : 'w',
      });
      if (this.full) throw new FileError('ENOSPC');
    });
  }

  mkdir(named: string, mode = 0o755): void {
    asFileError(() => {
      const real = this.path(named);
      if (existsSync(real)) throw new FileError('EEXIST');
      this.#make(real, (unnamed) => mkdirSync(unnamed), mode);
    });
  }

  rename(from: string, to: string): void {
    asFileError(() => {
      for (const named of [from, to]) this.#may(posix.dirname(this.path(named)), WRITE | SEARCH);
      forgetOwner(this.root, this.path(to));
      renameSync(this.path(from), this.path(to));
    });
  }

  copy(from: string, to: string): void {
    const bytes = this.read(from);
    const { mode } = this.stat(from);
    this.write(to, bytes, mode);
  }

  link(from: string, to: string, symbolic: boolean): void {
    asFileError(() => {
      this.#may(posix.dirname(this.path(to)), WRITE | SEARCH);
      if (symbolic) symlinkSync(from.startsWith('/') ? this.path(from) : from, this.path(to));
      else linkSync(this.path(from), this.path(to));
    });
  }

  remove(named: string, recursive: boolean): void {
    asFileError(() => {
      const real = this.path(named);
      this.#may(posix.dirname(real), WRITE | SEARCH);
      forgetOwner(this.root, real);
      if (recursive) rmSync(real, { recursive: true });
      else unlinkSync(real);
    });
  }

  chmod(named: string, mode: number): void {
    const { uid } = this.stat(named);
    if (this.#me.uid !== 0 && uid !== this.#me.uid) throw new FileError('EPERM');
    asFileError(() => chmodSync(this.path(named), mode));
  }

  chown(named: string, uid: number | null, gid: number | null): void {
    const before = this.stat(named);
    const { uid: mine, gids } = this.#me;
    const allowed = mine === 0 || ((uid ?? before.uid) === before.uid && gids.includes(gid ?? before.gid));
    if (!allowed) throw new FileError('EPERM');
    noteOwner(this.root, this.path(named), { uid: uid ?? before.uid, gid: gid ?? before.gid });
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
    if ((wanted & SEARCH) !== 0 && !status.isDirectory()) throw new FileError('ENOTDIR');
    if (mine === 0 || real.length <= this.root.length) return;
    const { uid, gid } = ownerOf(this.root, real, status);
    const shift = uid === mine ? 6 : gids.includes(gid) ? 3 : 0;
    if (((status.mode >> shift) & wanted) !== wanted) throw new FileError('EACCES');
  }

  /** A new file belongs to who made it, and to its directory's group. */
  #make(real: string, make: (unnamed: string) => void, mode: number): void {
    const parent = posix.dirname(real);
    this.#may(parent, WRITE | SEARCH);
    const { gid } = ownerOf(this.root, parent, statSync(parent));
    makeOwned(this.root, real, { uid: this.#me.uid, gid }, (unnamed) => {
      make(unnamed);
      chmodSync(unnamed, mode);
    });
  }
}
