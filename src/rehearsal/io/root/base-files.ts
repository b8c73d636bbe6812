import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { HOST } from '../../host-path.ts';
import { BASE_ACCOUNTS, renderGroup, renderPasswd } from '../../root/accounts.ts';
import { noteOwner } from './owner-notes.ts';

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

/** Makes what is missing of them. */
export function makeBaseFiles(root: string): void {
  mkdirSync(join(root, HOST.owners), { recursive: true });
  for (const [path, text] of Object.entries(BASE_FILES)) {
    const real = join(root, path);
    mkdirSync(posix.dirname(real), { recursive: true });
    if (!existsSync(real)) writeFileSync(real, text, { mode: path === 'etc/doas.conf' ? 0o600 : 0o644 });
  }
  for (const [path, id] of Object.entries(OWNED)) {
    mkdirSync(join(root, path), { recursive: true });
    noteOwner(root, join(root, path), { uid: id, gid: id });
  }
  chmodSync(join(root, 'tmp'), 0o1777);
  mkdirSync(join(root, 'dev'), { recursive: true });
  const ptys = [...'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  for (const name of ['tap0', 'tap1', 'tap2', 'tap3', ...ptys.map((letter) => `ttyp${letter}`)]) {
    writeFileSync(join(root, 'dev', name), '', { flag: 'a' });
  }
}
