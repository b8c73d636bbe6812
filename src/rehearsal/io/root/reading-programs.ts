import { createHash } from 'node:crypto';
import type { Options } from '../../root/getopt.ts';
import { type Call, each, type HostProgram, onFile, withOptions } from './call.ts';
import { FileError } from './file-error.ts';
import type { HostStat } from './host-files.ts';

/** The base system's commands that only look at files, as far as puffboot uses them. */
export const READING_PROGRAMS: Readonly<Record<string, HostProgram>> = {
  cat: withOptions('', cat),
  ls: withOptions('1adhlnL', ls),
  stat: withOptions('f:Lq', stat),
  test: ({ words, files }) => (test(words, files) ? 0 : 1),
  tail: withOptions('n:', tail),
  sha256: withOptions('q', sha256),
  df: withOptions('kh', df),
};

async function cat(call: Call, { rest }: Options): Promise<number> {
  let status = 0;
  for (const path of rest.length === 0 ? ['-'] : rest) {
    if (path === '-') for await (const bytes of call.stream()) call.out(bytes);
    else
      status = Math.max(
        status,
        onFile(call, path, () => call.out(readFile(call, path))),
      );
  }
  return status;
}

function readFile({ files }: Call, path: string): Buffer {
  if (files.find(path)?.kind === 'directory') throw new FileError('EISDIR');
  return files.read(path);
}

function ls(call: Call, { flags, rest }: Options): number {
  const paths = rest.length === 0 ? ['.'] : rest;
  return each(paths, (path) =>
    onFile(call, path, () => {
      const { kind } = call.files.stat(path, flags.has('L'));
      const whole = kind !== 'directory' || flags.has('d');
      const names = whole
        ? [path]
        : call.files.list(path).filter((name) => flags.has('a') || !name.startsWith('.'));
      const long = flags.has('l') || flags.has('n');
      for (const name of names) {
        const where = whole ? path : `${path}/${name}`;
        call.out(long ? `${longLine(call, where, flags.has('n'))} ${name}\n` : `${name}\n`);
      }
    }),
  );
}

const TYPES: Readonly<Record<HostStat['kind'], string>> = {
  file: '-',
  directory: 'd',
  link: 'l',
  other: 'c',
};

function longLine({ files }: Call, path: string, numeric: boolean): string {
  const { kind, mode, uid, gid, size, links, changed } = files.stat(path, false);
  const { users, groups } = files.accounts;
  const user = numeric ? uid : (users.find((row) => row.uid === uid)?.name ?? uid);
  const group = numeric ? gid : (groups.find((row) => row.gid === gid)?.name ?? gid);
  const [, month, day, , time] = new Date(changed)
    .toUTCString()
    .replace(',', '')
    .split(' ')
    .map(String) as string[];
  const date = `${day} ${month?.padStart(2)} ${time?.slice(0, 5)}`;
  return `${TYPES[kind]}${bitsOf(mode)}  ${links} ${user}  ${group}  ${size} ${date}`;
}

function bitsOf(mode: number): string {
  const bits = [...'rwxrwxrwx'].map((char, at) => (mode & (0o400 >> at) ? char : '-'));
  const special = [
    [2, 0o4000, 's', 'S'],
    [5, 0o2000, 's', 'S'],
    [8, 0o1000, 't', 'T'],
  ] as const;
  for (const [at, bit, on, off] of special) if (mode & bit) bits[at] = bits[at] === 'x' ? on : off;
  return bits.join('');
}

/** stat(1) -f with its plain formats. */
function stat(call: Call, { flags, rest }: Options): number {
  const format = flags.get('f') ?? '%N %z';
  return each(rest, (path) =>
    onFile(call, path, () => {
      const { mode, uid, gid, size, changed } = call.files.stat(path, flags.has('L'));
      const { users, groups } = call.files.accounts;
      const values: Readonly<Record<string, string>> = {
        '%OLp': mode.toString(8),
        '%Lp': (mode & 0o777).toString(8),
        '%u': String(uid),
        '%g': String(gid),
        '%Su': users.find((row) => row.uid === uid)?.name ?? String(uid),
        '%Sg': groups.find((row) => row.gid === gid)?.name ?? String(gid),
        '%z': String(size),
        '%m': String(Math.floor(changed / 1000)),
        '%N': path,
      };
      call.out(`${format.replace(/%(?:OLp|Lp|Su|Sg|[ugzmN])/g, (key) => values[key] ?? key)}\n`);
    }),
  );
}

function test(words: readonly string[], files: Call['files']): boolean {
  const [first = '', second = ''] = words;
  if (first === '!') return !test(words.slice(1), files);
  const status = files.find(second, first !== '-L' && first !== '-h');
  const by: Readonly<Record<string, () => boolean>> = {
    '-e': () => status !== null,
    '-f': () => status?.kind === 'file',
    '-d': () => status?.kind === 'directory',
    '-s': () => (status?.size ?? 0) > 0,
    '-L': () => status?.kind === 'link',
    '-h': () => status?.kind === 'link',
    '-r': () => status !== null && files.may(second, 'read'),
    '-w': () => status !== null && files.may(second, 'write'),
    '-x': () => ((status?.mode ?? 0) & 0o111) !== 0,
  };
  return by[first]?.() ?? false;
}

function tail(call: Call, { flags, rest }: Options): number {
  return each(rest, (path) =>
    onFile(call, path, () => {
      const lines = readFile(call, path)
        .toString('utf8')
        .split(/(?<=\n)/);
      call.out(lines.slice(-Number(flags.get('n') ?? 10)).join(''));
    }),
  );
}

function sha256(call: Call, { flags, rest }: Options): number {
  return each(rest, (path) =>
    onFile(call, path, () => {
      const sum = createHash('sha256').update(readFile(call, path)).digest('hex');
      call.out(flags.has('q') ? `${sum}\n` : `SHA256 (${path}) = ${sum}\n`);
    }),
  );
}

/** A file of the simulation may say how large the disk is: `{"totalKiB": ..., "usedKiB": ...}`. */
function df(call: Call, { rest }: Options): number {
  const { totalKiB = 976_762_584, usedKiB = 97_676_258 } = diskSize(call);
  call.out('Filesystem  1K-blocks      Used     Avail Capacity  Mounted on\n');
  const capacity = `${Math.round((usedKiB / totalKiB) * 100)}%`;
  return each(rest.length === 0 ? ['/'] : rest, (path) =>
    onFile(call, path, () => {
      call.files.stat(path);
      const columns = [totalKiB, usedKiB, totalKiB - usedKiB].map((size) => String(size).padStart(10));
      call.out(`/dev/sd0k  ${columns.join('')}${capacity.padStart(7)}    /home\n`);
    }),
  );
}

function diskSize({ files }: Call): { readonly totalKiB?: number; readonly usedKiB?: number } {
  const root = files.as('root');
  return root.find('/var/db/disk.json') === null
    ? {}
    : JSON.parse(root.read('/var/db/disk.json').toString('utf8'));
}
