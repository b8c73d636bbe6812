/** Where things lie below the directory that is a simulated host's root. */
export const HOST = {
  vmctl: 'bin/vmctl',
  /** What last(1) prints of wtmp(5). */
  boots: 'var/log/wtmp.txt',
  /** Relative, and used after chdir(2): a socket's path has at most 103 bytes. */
  socket: 'var/run/vmd.sock',
  log: 'var/log/daemon',
  config: 'etc/vm.conf',
  /** Who owns which inode. */
  owners: 'var/db/owners',
  /** What is to go wrong; see `root/faults.ts`. */
  faults: 'fail.json',
  /** Every command that was run: its user, then its words. */
  commands: 'var/log/commands',
  directories: ['bin', 'etc', 'home/vm', 'var/run', 'var/log', 'var/db'],
} as const;

/**
 * A path as it was written for the host, as a path of this machine. An absolute path is taken as one below
 * `root`, unless it already is; a relative one belongs to `directory`.
 */
export function pathOnHost(root: string, directory: string, path: string): string {
  const base = root.replace(/\/+$/, '');
  if (!path.startsWith('/')) return normalize(`${directory}/${path}`);
  const clean = normalize(path);
  return clean === base || clean.startsWith(`${base}/`) ? clean : `${base}${clean}`;
}

/** Resolves `.` and `..`; never climbs above `/`. */
function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
