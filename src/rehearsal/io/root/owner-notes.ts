import {
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import { HOST } from '../../host-path.ts';

/** Whose a file of the simulated host is. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A file for each inode, so that moves and links need not know of it. */
const noteOf = (root: string, { ino }: Stats): string => join(root, HOST.owners, String(ino));

/** What nobody noted belongs to whom its directory belongs to. */
export function ownerOf(root: string, real: string, status: Stats): Owner {
  const note = noteOf(root, status);
  if (existsSync(note)) {
    const [uid = 0, gid = 0] = readFileSync(note, 'utf8').split(':').map(Number);
    return { uid, gid };
  }
  const parent = posix.dirname(real);
  return parent.length < root.length ? { uid: 0, gid: 0 } : ownerOf(root, parent, statSync(parent));
}

/** At once: who is killed while he notes it leaves what was there. */
export function noteOwner(root: string, real: string, { uid, gid }: Owner): void {
  const note = noteOf(root, lstatSync(real));
  writeFileSync(`${note}.${process.pid}`, `${uid}:${gid}`);
  renameSync(`${note}.${process.pid}`, note);
}

/** Makes what has no name yet, so that nothing ever stands there without its owner, as a kernel has it. */
export function makeOwned(root: string, real: string, owner: Owner, make: (unnamed: string) => void): void {
  const unnamed = join(root, HOST.owners, `unnamed.${process.pid}`);
  rmSync(unnamed, { force: true, recursive: true });
  make(unnamed);
  noteOwner(root, unnamed, owner);
  renameSync(unnamed, real);
}

/** To be called before a file is removed: the numbers of inodes come back. */
export function forgetOwner(root: string, real: string): void {
  const status = lstatSync(real, { throwIfNoEntry: false });
  if (status?.nlink === 1) rmSync(noteOf(root, status), { force: true });
}
