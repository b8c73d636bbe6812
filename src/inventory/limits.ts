import { OperatorError } from '../common/error.ts';
import { RELEASE, SET_PATTERN, show, TIMEZONE } from '../common/form.ts';
import { checkSshKey, withoutComment } from './ssh-key.ts';
import type { DiskFormat, Vm } from './vm.ts';

/** The part of a VM that somebody chose, as against what was allocated. */
export type VmChoice = Omit<Vm, 'host' | 'id' | 'lladdr' | 'ipv4' | 'ipv6' | 'createdAt'>;

export interface Violation {
  readonly field: keyof VmChoice;
  /** Completes the field's name to a sentence: `must start with a letter`. */
  readonly rule: string;
  /** The value, fit for a terminal and without secrets. */
  readonly found: string;
}

/** Every rule that the VM breaks; an empty list means that vmd(8) and the installer take it. */
export function checkVm(vm: VmChoice): readonly Violation[] {
  return [...LIMITS.flatMap((limit) => breach(limit, vm)), ...checkKeys(vm.sshKeys)];
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
];

const ifAny = <T>(value: T | null, holds: (value: T) => boolean): boolean => value === null || holds(value);

function breach({ field, rule, holds }: Limit, vm: VmChoice): readonly Violation[] {
  return holds(vm[field]) ? [] : [{ field, rule, found: show(vm[field]) }];
}

/** A refused key is shown without its comment, which may carry a secret. */
function checkKeys(keys: readonly string[]): readonly Violation[] {
  return keys.flatMap((key) => {
    const rule = checkSshKey(key);
    return rule === null ? [] : [{ field: 'sshKeys' as const, rule, found: show(withoutComment(key)) }];
  });
}
