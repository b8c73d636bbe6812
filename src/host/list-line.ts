/** What `ls -lnd PATH` tells of a file: POSIX, and so the same on every system. */
export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Permission bits, with set-id and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
}

const LINE = /^([-dlbcps])([-rwxsStT]{9})\S*\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)\s/;
const KINDS: Readonly<Record<string, FileStatus['kind']>> = { '-': 'file', d: 'directory', l: 'link' };

/** @returns null for what is no such line */
export function parseListLine(line: string): FileStatus | null {
  const [, type = '', bits = '', uid, gid, size] = LINE.exec(line) ?? [];
  if (size === undefined) return null;
  return {
    kind: KINDS[type] ?? 'other',
    mode: modeOf(bits),
    uid: Number(uid),
    gid: Number(gid),
    size: Number(size),
  };
}

/** `rwxr-s--T` */
function modeOf(bits: string): number {
  let mode = 0;
  for (const [index, char] of [...bits].entries()) {
    if (!'-ST'.includes(char)) mode |= 0o400 >> index;
    if (char === 's' || char === 'S') mode |= index === 2 ? 0o4000 : 0o2000;
    if (char === 't' || char === 'T') mode |= 0o1000;
  }
  return mode;
}
