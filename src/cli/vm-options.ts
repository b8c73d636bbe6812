import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { messageOf, OperatorError } from '../common/error.ts';
import { parseSize } from '../common/form.ts';
import type { DiskFormat, Ipv4Method, VmChange } from '../inventory/vm.ts';

/** What `vm add` and `vm set` are given; false stands for `--no-...`, which empties the value. */
export interface ChoiceOptions {
  readonly owner?: string | false;
  readonly key?: readonly string[] | false;
  readonly keyFile?: readonly string[];
  readonly memory?: number;
  readonly disk?: readonly number[];
  readonly format?: DiskFormat;
  readonly release?: string;
  readonly sets?: readonly string[] | false;
  readonly hostname?: string;
  readonly timezone?: string;
  readonly diskPath?: readonly string[];
  readonly disklabel?: string;
  readonly ipv4?: Ipv4Method;
  readonly passwords?: boolean;
  readonly installed?: boolean;
  readonly fullName?: string;
  readonly email?: string;
  readonly note?: string;
  readonly ordered?: string;
  readonly paidUntil?: string;
  readonly payment?: string;
  readonly subscription?: string;
}

/** The options of everything that can be chosen for a VM, for `vm add` and `vm set`. */
export function addChoiceOptions(command: Command): Command {
  return command
    .option('--owner <login>', 'login of the owner, on host and guest')
    .option('--key <key>', 'public ssh key, as in authorized_keys; may be repeated', collect(String))
    .option('--key-file <file>', 'file of public ssh keys, one a line; may be repeated', collect(String))
    .option('--memory <size>', 'memory, such as 2G', size)
    .option('--disk <size>', 'size of a disk, such as 20G; repeated, one more disk', collect(size))
    .addOption(new Option('--format <format>', 'format of the disk images').choices(['raw', 'qcow2']))
    .option('--release <release>', 'OpenBSD release, such as 7.6')
    .option('--sets <pattern>', "selection of sets, such as '-game*'; may be repeated", collect(String))
    .option('--hostname <name>', 'host name of the installed system')
    .option('--timezone <zone>', 'timezone, such as Europe/Amsterdam')
    .option(
      '--disk-path <path>',
      'where a disk lies that is there already; repeated, one more',
      collect(String),
    )
    .option('--disklabel <url>', 'disklabel(8) template for the root disk')
    .addOption(new Option('--ipv4 <method>', 'how it gets its address').choices(['dhcp', 'static']))
    .option('--passwords', "random passwords at each install, told behind the owner's key")
    .option('--no-passwords', 'locked passwords')
    .option('--installed', 'it has a system already, so that vmd(8) may start it')
    .option('--no-installed', 'it has none until puffboot installs one')
    .option('--full-name <name>', 'who the owner is')
    .option('--email <address>', 'how to reach the owner')
    .option('--note <text>', 'anything to remember')
    .option('--ordered <text>', 'when it was ordered')
    .option('--paid-until <date>', 'last day that is paid for, such as 2025-12-31')
    .option('--payment <text>', 'how it is paid')
    .option('--subscription <text>', 'what was agreed');
}

/** The options that empty what the others fill. */
export function addEmptyingOptions(command: Command): Command {
  return command
    .option('--no-owner', 'the VM belongs to the operator')
    .option('--no-key', 'no ssh keys')
    .option('--no-sets', 'the default selection of sets');
}

/** @throws OperatorError USAGE for a key file that cannot be read */
export async function changeOf(options: ChoiceOptions): Promise<VmChange> {
  const sshKeys = await keysOf(options);
  return Object.fromEntries(
    Object.entries({
      hostName: options.hostname,
      owner: options.owner === false ? null : options.owner,
      sshKeys,
      memoryMiB: options.memory,
      diskSizesMiB: options.disk,
      diskFormat: options.format,
      release: options.release,
      sets: options.sets === false ? [] : options.sets,
      timezone: options.timezone,
      diskPaths: options.diskPath,
      disklabel: orNull(options.disklabel),
      ipv4Method: options.ipv4,
      passwords: options.passwords,
      installed: options.installed,
      fullName: orNull(options.fullName),
      email: orNull(options.email),
      note: orNull(options.note),
      orderedOn: orNull(options.ordered),
      paidUntil: orNull(options.paidUntil),
      payment: orNull(options.payment),
      subscription: orNull(options.subscription),
    } satisfies { [Key in keyof VmChange]: VmChange[Key] | undefined }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

/** An empty text takes the value away. */
const orNull = (text: string | undefined): string | null | undefined => (text === '' ? null : text);

async function keysOf({ key, keyFile }: ChoiceOptions): Promise<readonly string[] | undefined> {
  if (key === undefined && keyFile === undefined) return undefined;
  const files = await Promise.all((keyFile ?? []).map(readKeys));
  return [...(key || []), ...files.flat()];
}

/** Blank lines and comments are left out, as sshd(8) does. */
async function readKeys(file: string): Promise<readonly string[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
    return lines.filter((line) => line !== '' && !line.startsWith('#'));
  } catch (cause) {
    throw new OperatorError('USAGE', `cannot read the keys: ${messageOf(cause)}`, { cause });
  }
}

function size(text: string): number {
  const mebibytes = parseSize(text);
  if (mebibytes === null) throw new InvalidArgumentError('Expected a size such as 512M or 20G.');
  return mebibytes;
}

/** Gathers the values of a repeated option. */
const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, previous: readonly T[] | boolean | undefined): readonly T[] => [
    ...(Array.isArray(previous) ? previous : []),
    parse(text),
  ];
