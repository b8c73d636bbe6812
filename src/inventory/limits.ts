import { OperatorError } from '../common/error.ts';
import { isDate, RELEASE, SET_PATTERN, show, TIMEZONE, URL_OF_FILE } from '../common/form.ts';
import { checkSshKey, withoutComment } from './ssh-key.ts';
import type { DiskFormat, Vm } from './vm.ts';

/** The part of a VM that somebody chose, as against what was allocated. */
export type VmChoice = Omit<Vm, 'host' | 'id' | 'lladdr' | 'ipv4' | 'ipv6' | 'nics' | 'createdAt'>;

export interface Violation {
  readonly field: keyof VmChoice;
  /** Completes the field's name to a sentence: `must start with a letter`. */
  readonly rule: string;
  /** The value, fit for a terminal and without secrets. */
  readonly found: string;
}

/** Every rule that the VM breaks; an empty list means that vmd(8) and the installer take it. */
export function checkVm(vm: VmChoice): readonly Violation[] {
  return [...LIMITS.flatMap((limit) => breach(limit, vm)), ...checkKeys(vm.sshKeys), ...strayPaths(vm)];
}

/** @throws OperatorError VM_REFUSED with every broken rule, one a line */
export function refuseBadVm(vm: VmChoice): void {
  const violations = checkVm(vm);
  if (violations.length === 0) return;
  const lines = violations.map(({ field, rule, found }) => `${field} ${rule} (found ${found})`);
  throw new OperatorError('VM_REFUSED', lines.join('\n'));
}

/** `holds` is asked for each value of the field: once, or for each item of a list. */
interface Limit<Field extends keyof VmChoice = keyof VmChoice> {
  readonly field: Field;
  readonly rule: string;
  /** Method syntax, so that a limit of one field is also a limit of any. */
  holds(value: VmChoice[Field]): boolean;
}

const limit = <Field extends keyof VmChoice>(
  field: Field,
  rule: string,
  holds: (value: VmChoice[Field]) => boolean,
): Limit => ({ field, rule, holds }) as Limit<Field>;

const FORMATS: readonly DiskFormat[] = ['raw', 'qcow2'];
/** One label of RFC 1123 §2.1. */
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i;
/** The installer's user question takes these for something else than a new login. */
const NOT_A_NEW_LOGIN: ReadonlySet<string> = new Set(
  'n no y yes root daemon operator bin build sshd www nobody ftp'.split(' '),
);
/** vm.conf(5) has no escape for quotes; 127 bytes are VMM_MAX_PATH_DISK of vmd(8). */
const DISK_PATH = /^\/[^"\\\u0000-\u001f\u007f-\uffff]{1,126}$/;
const LONGEST_LINE = 1000;
const isOneLine = (text: string): boolean =>
  text.length > 0 && text.length <= LONGEST_LINE && !/[\p{Cc}\u2028\u2029]/u.test(text);
const SMALLEST_MIB = 64;
const LARGEST_MIB = 128 * 1024;

/** vmd(8), vmctl(8) and vm.conf(5) for the VM; install.sub and RFC 1123 for what the installer is answered. */
const LIMITS: readonly Limit[] = [
  limit('name', 'must start with a letter', (name) => /^[A-Za-z]/.test(name)),
  limit('name', 'may have only letters, digits, dots, underscores and hyphens', (name) =>
    /^[A-Za-z0-9._-]*$/.test(name),
  ),
  limit('name', 'must be at most 63 characters long', (name) => [...name].length <= 63),
  limit('name', 'must not be all digits, which vmctl(8) takes for an id', (name) => !/^\d+$/.test(name)),
  limit('hostName', 'must be a list of labels of letters, digits and hyphens inside (RFC 1123)', (hostName) =>
    hostName.split('.').every((label) => LABEL.test(label)),
  ),
  limit('hostName', 'must be at most 63 characters long', (hostName) => [...hostName].length <= 63),
  limit('owner', 'must start with a lower-case letter, followed by a-z 0-9 _ - only', (owner) =>
    ifAny(owner, (login) => /^[a-z][a-z0-9_-]*$/.test(login)),
  ),
  limit('owner', 'must be at most 31 characters long', (owner) =>
    ifAny(owner, (login) => [...login].length <= 31),
  ),
  limit('owner', 'must not be a login that the system has, nor a yes or no', (owner) =>
    ifAny(owner, (login) => !NOT_A_NEW_LOGIN.has(login)),
  ),
  limit(
    'memoryMiB',
    `must be a whole number from ${SMALLEST_MIB} to ${LARGEST_MIB} (64M to 128G)`,
    (memory) => Number.isInteger(memory) && memory >= SMALLEST_MIB && memory <= LARGEST_MIB,
  ),
  limit('diskSizesMiB', 'must have 1 to 4 disks', (sizes) => sizes.length >= 1 && sizes.length <= 4),
  limit('diskSizesMiB', 'must have whole numbers from 1 up', (sizes) =>
    sizes.every((size) => Number.isSafeInteger(size) && size >= 1),
  ),
  limit('diskFormat', 'must be raw or qcow2', (format) => FORMATS.includes(format)),
  limit('release', 'must be a release such as 7.6', (release) => RELEASE.test(release)),
  limit('arch', 'must be amd64, all that vmm(4) runs', (arch) => arch === 'amd64'),
  limit('sets', 'may have only set names and patterns such as -game*', (sets) =>
    sets.every((pattern) => SET_PATTERN.test(pattern)),
  ),
  limit('timezone', 'must be a timezone such as Europe/Amsterdam', (timezone) => TIMEZONE.test(timezone)),
  limit('diskPaths', 'must be absolute paths of at most 127 bytes, without quotes or backslashes', (paths) =>
    paths.every((path) => DISK_PATH.test(path)),
  ),
  limit('disklabel', 'must be a URL such as http://192.0.2.1/disklabel', (url) =>
    ifAny(url, (text) => URL_OF_FILE.test(text)),
  ),
  limit('email', 'must be an address such as puffy@example.net', (email) =>
    ifAny(email, (text) => /^[^\s@]{1,64}@[^\s@]{1,189}$/.test(text)),
  ),
  limit('paidUntil', 'must be a date such as 2024-02-29', (date) => ifAny(date, isDate)),
  ...(['fullName', 'note', 'orderedOn', 'payment', 'subscription'] as const).map((field) =>
    limit(field, `must be one line of 1 to ${LONGEST_LINE} characters`, (text) => ifAny(text, isOneLine)),
  ),
];

const ifAny = <T>(value: T | null, holds: (value: T) => boolean): boolean => value === null || holds(value);

function breach({ field, rule, holds }: Limit, vm: VmChoice): readonly Violation[] {
  return holds(vm[field]) ? [] : [{ field, rule, found: show(vm[field]) }];
}

function strayPaths({ diskPaths, diskSizesMiB }: VmChoice): readonly Violation[] {
  if (diskPaths.length <= diskSizesMiB.length) return [];
  const rule = `must be no more than there are disks (${diskSizesMiB.length})`;
  return [{ field: 'diskPaths', rule, found: show(diskPaths) }];
}

/** A refused key is shown without its comment, which may carry a secret. */
function checkKeys(keys: readonly string[]): readonly Violation[] {
  return keys.flatMap((key) => {
    const rule = checkSshKey(key);
    return rule === null ? [] : [{ field: 'sshKeys' as const, rule, found: show(withoutComment(key)) }];
  });
}
