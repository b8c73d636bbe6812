import { getopt, type Options } from './root/getopt.ts';

/** vmctl(8)'s command line. Only its words: what they do is in `io/vmctl.ts` and in the daemon. */

/** A VM is named by its name or, when all its characters are digits, by its id. */
export type VmRef = { readonly name: string } | { readonly id: number };

export type VmctlCommand =
  | { readonly kind: 'create'; readonly path: string; readonly format: ImageFormat; readonly sizeMiB: number }
  | { readonly kind: 'load'; readonly file: string }
  | { readonly kind: 'reload'; readonly file: string | null }
  | { readonly kind: 'reset'; readonly what: 'all' | 'vms' | 'switches' }
  | { readonly kind: 'status'; readonly vm: VmRef | null; readonly runningOnly: boolean }
  | { readonly kind: 'start'; readonly vm: VmRef; readonly console: boolean; readonly kernel: string | null }
  | { readonly kind: 'stop'; readonly vm: VmRef; readonly force: boolean; readonly wait: boolean }
  | { readonly kind: 'console'; readonly vm: VmRef };

export type ImageFormat = 'raw' | 'qcow2';

/** What vmctl prints on stderr before it exits with status 1. */
export interface VmctlRefusal {
  readonly kind: 'refused';
  readonly stderr: string;
}

interface CommandRow {
  readonly name: string;
  readonly usage: string;
  /** getopt(3) form. */
  readonly options?: string;
  /** Null: the arguments are wrong and the usage is shown. Without it the command isn't simulated. */
  readonly parse?: (args: Options) => VmctlCommand | VmctlRefusal | null;
}

/** All of vmctl's commands, because each counts when a word is abbreviated. */
const COMMANDS: readonly CommandRow[] = [
  {
    name: 'console',
    usage: 'id',
    options: '',
    parse: ({ rest }) => one(rest, (vm) => ({ kind: 'console', vm })),
  },
  { name: 'create', usage: '[-b base | -i disk] [-s size] disk', options: 's:', parse: parseCreate },
  { name: 'load', usage: 'filename', options: '', parse: parseLoad },
  { name: 'log', usage: '[brief | verbose]' },
  { name: 'pause', usage: 'id' },
  { name: 'receive', usage: 'name' },
  {
    name: 'reload',
    usage: '',
    options: '',
    parse: ({ rest }) => (rest.length > 1 ? null : { kind: 'reload', file: rest[0] ?? null }),
  },
  { name: 'reset', usage: '[all | switches | vms]', options: '', parse: parseReset },
  { name: 'send', usage: 'id' },
  { name: 'show', usage: '[-r] [id]', options: 'r', parse: parseStatus },
  {
    name: 'start',
    usage:
      '[-cL] [-B device] [-b path] [-d disk] [-i count]\n\t\t[-m size] [-n switch] [-r path] [-t name] id | name',
    options: 'cLB:b:d:i:m:n:r:t:',
    parse: parseStart,
  },
  { name: 'status', usage: '[-r] [id]', options: 'r', parse: parseStatus },
  { name: 'stop', usage: '[-fw] [id | -a]', options: 'fw', parse: parseStop },
  { name: 'unpause', usage: 'id' },
  { name: 'wait', usage: 'id' },
];

/** @param argv the words after `vmctl` */
export function parseVmctl(argv: readonly string[]): VmctlCommand | VmctlRefusal {
  const [word, ...words] = argv;
  if (word === undefined) return refused(usage());
  const matching = COMMANDS.filter(({ name }) => name.startsWith(word));
  const [row] = matching;
  if (row === undefined) return refused(`unknown argument: ${word}\n${usage()}`);
  if (matching.length > 1) return refused(`ambiguous argument: ${word}\n${usage()}`);
  if (row.parse === undefined) return refused(`vmctl: ${row.name}: not part of the simulated host\n`);
  const args = getopt(row.options ?? '', words);
  if ('error' in args) return refused(`vmctl: ${args.error}\n${commandUsage(row)}`);
  return row.parse(args) ?? refused(commandUsage(row));
}

function parseCreate({ flags, rest }: Options): VmctlCommand | VmctlRefusal | null {
  const [disk] = rest;
  if (disk === undefined || rest.length > 1) return null;
  const size = flags.get('s');
  if (size === undefined) return refused(`vmctl: could not create ${disk}: missing size argument\n`);
  const sizeMiB = parseMebibytes(size);
  if (sizeMiB === null) return refused(`vmctl: invalid size: ${size}\n`);
  return { kind: 'create', sizeMiB, ...imageOf(disk) };
}

function parseLoad({ rest }: Options): VmctlCommand | null {
  const [file] = rest;
  return file === undefined || rest.length > 1 ? null : { kind: 'load', file };
}

function parseReset({ rest }: Options): VmctlCommand | null {
  const [what = 'all'] = rest;
  return rest.length > 1 || !isResettable(what) ? null : { kind: 'reset', what };
}

function parseStatus({ flags, rest }: Options): VmctlCommand | VmctlRefusal | null {
  const runningOnly = flags.has('r');
  return rest.length === 0
    ? { kind: 'status', vm: null, runningOnly }
    : one(rest, (vm) => ({ kind: 'status', vm, runningOnly }));
}

/** On a VM that vmd knows, only `-b` and `-c` count; the others are accepted and dropped as vmd does. */
function parseStart({ flags, rest }: Options): VmctlCommand | VmctlRefusal | null {
  return one(rest, (vm) => ({ kind: 'start', vm, console: flags.has('c'), kernel: flags.get('b') ?? null }));
}

function parseStop({ flags, rest }: Options): VmctlCommand | VmctlRefusal | null {
  return one(rest, (vm) => ({ kind: 'stop', vm, force: flags.has('f'), wait: flags.has('w') }));
}

function one(rest: readonly string[], make: (vm: VmRef) => VmctlCommand): VmctlCommand | VmctlRefusal | null {
  const [word] = rest;
  if (word === undefined || rest.length > 1) return null;
  if (/^\d+$/.test(word)) return make({ id: Number(word) });
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(word)
    ? make({ name: word })
    : refused('vmctl: invalid VM name\n');
}

/** `qcow2:PATH`, `raw:PATH`, else what the file's name says. */
function imageOf(disk: string): { path: string; format: ImageFormat } {
  const [, prefix, path] = /^(raw|qcow2):(.+)$/.exec(disk) ?? [];
  if (prefix !== undefined && path !== undefined) return { path, format: prefix === 'raw' ? 'raw' : 'qcow2' };
  return { path: disk, format: disk.endsWith('.qcow2') ? 'qcow2' : 'raw' };
}

/** scan_scaled(3), in whole MiB; at least one. */
function parseMebibytes(text: string): number | null {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([BKMGT]?)$/i.exec(text) ?? [];
  if (digits === undefined) return null;
  const bytes = Number(digits) * 1024 ** 'BKMGT'.indexOf(unit.toUpperCase() || 'B');
  const mebibytes = Math.floor(bytes / 1024 ** 2);
  return mebibytes < 1 ? null : mebibytes;
}

const isResettable = (word: string): word is 'all' | 'vms' | 'switches' =>
  ['all', 'vms', 'switches'].includes(word);

const refused = (stderr: string): VmctlRefusal => ({ kind: 'refused', stderr });

const commandUsage = ({ name, usage: words }: CommandRow): string => `usage:  vmctl [-v] ${name} ${words}\n`;

const usage = (): string =>
  `usage:  vmctl [-v] command [arg ...]\n${COMMANDS.map((row) => `\tvmctl ${row.name} ${row.usage}\n`).join('')}`;
