import ipaddr from 'ipaddr.js';
import { parseIpv4, parseLladdr } from '../common/address.ts';
import { parseSize, renderSize } from '../common/form.ts';
import type { Vm } from './vm.ts';

/** What a file may say of a VM; the rest is allocated or comes from its host's defaults. */
export type Said = { -readonly [Field in SaidField]?: Vm[Field] };
export type SaidField = Exclude<keyof Vm, 'nics' | 'arch' | 'fileLines' | 'createdAt'>;

/** One key of a VM's text file, and the field for which it stands. */
export interface FileKey {
  readonly field: SaidField;
  /** The first one is written where no file says otherwise; letters of any case are read. */
  readonly keys: readonly string[];
  /** `each`: the key is there once for each item of the list; `nth`: its number is the item's. */
  readonly list?: 'each' | 'nth';
  /** What the value must be, for a message. */
  readonly words: string;
  /** The value, or undefined where it is none. A list that is not `each` is read and written as a whole. */
  read(text: string): unknown;
  /** A value of the field, or an item of its list. */
  write(value: unknown): string;
}

const any = (text: string): string => text;

const key = (
  field: SaidField,
  keys: string,
  words: string,
  read: (text: string) => unknown,
  extra: Partial<FileKey> = {},
): FileKey => ({
  field,
  keys: keys.split(' '),
  words,
  // A text is taken with the blanks around it, so that nothing of it is lost.
  read: read === any ? read : (text) => read(text.trim()),
  write: String,
  ...extra,
});

const ok = (value: unknown): unknown => value ?? undefined;
const listOf = <T>(separator: RegExp, item: (text: string) => T | null) => {
  return (text: string): readonly T[] | undefined => {
    const items = text.split(separator).map(item);
    return items.some((each) => each === null) ? undefined : (items as readonly T[]);
  };
};
/** Written where nothing is a value of its own, because the host's default may be another. */
const NONE = 'none';
const orNone = (nothing: unknown, read: (text: string) => unknown) => (text: string) =>
  text === NONE ? nothing : read(text);
const readYes = (text: string) => (/^(yes|no)$/i.test(text) ? /^yes$/i.test(text) : undefined);
const YES_NO = { write: (value: unknown) => (value === true ? 'yes' : 'no') };
const SIZE = 'a size such as 512M or 20G';
const SIZES = { write: (size: unknown) => renderSize(Number(size)) };
/** Between two keys: a comma, when what follows looks like the type of a key. */
const KEY_SEPARATOR = /\s*,\s*(?=(?:ssh|ecdsa|sk)-\S+ )/;
const joined = (separator: string) => ({
  write: (list: unknown) => (list as readonly unknown[]).join(separator),
});

/**
 * The `key="value"` lines of a VM's text file, in the order in which a new file has them. The first of several
 * rows about a field is the one that is written.
 */
export const FILE_KEYS: readonly FileKey[] = [
  key('orderedOn', 'date', 'a text', any),
  key('paidUntil', 'paid_until', 'a date such as 2024-02-29', (text) => text.replace(/[/.]/g, '-')),
  key('payment', 'payment', 'a text', any),
  key('subscription', 'subscription', 'a text', any),
  key('fullName', 'name', 'a text', any),
  key('email', 'email', 'an address such as puffy@example.net', any),
  key('name', 'vm', 'the name of the VM', any),
  key('hostName', 'hostname', 'a host name', any),
  key('owner', 'username owner', 'a login', any),
  key('note', 'note', 'a text', any),
  key('sshKeys', 'sshkey', 'a public ssh key', any, { list: 'each' }),
  key('sshKeys', 'sshkeys', 'public ssh keys with commas between them', listOf(KEY_SEPARATOR, any), {
    ...joined(', '),
  }),
  key('host', 'host server', 'the name of a host', any),
  key('id', 'id vmid', 'a number from 1 up', (text) =>
    /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined,
  ),
  key('lladdr', 'lladdr mac', 'an lladdr such as fe:e1:bb:d1:4c:01', (text) => ok(parseLladdr(text))),
  key('ipv4', 'ip ipv4 address', 'an IPv4 address such as 192.0.2.10', (text) => ok(parseIpv4(text))),
  key('ipv6', 'ipv6 ip6', 'a /64 such as 2001:db8:0:1::/64', (text) => ok(parseNetwork(text))),
  key('memoryMiB', 'memory', SIZE, (text) => ok(parseSize(text)), SIZES),
  key('diskSizesMiB', 'disk', SIZE, (text) => ok(parseSize(text)), { list: 'each', ...SIZES }),
  key('diskSizesMiB', 'disk1 disk2 disk3 disk4', SIZE, (text) => ok(parseSize(text)), {
    list: 'nth',
    ...SIZES,
  }),
  key('diskSizesMiB', 'disks', 'sizes such as 20G 100G', listOf(/[\s,]+/, parseSize), {
    write: (sizes) => (sizes as readonly number[]).map(renderSize).join(' '),
  }),
  key('diskFormat', 'format', 'raw or qcow2', (text) => (/^(raw|qcow2)$/.test(text) ? text : undefined)),
  key('diskPaths', 'disk_path', 'an absolute path', any, { list: 'each' }),
  key('release', 'release', 'a release such as 7.6', any),
  key('sets', 'sets', 'set selections such as -game* -x*, or none', orNone([], listOf(/[\s,]+/, any)), {
    write: (sets) => (sets as readonly string[]).join(' ') || NONE,
  }),
  key('timezone', 'timezone', 'a timezone such as Europe/Amsterdam', any),
  key('disklabel', 'disklabel', 'a URL, or none', orNone(null, any), { write: (url) => String(url ?? NONE) }),
  key('ipv4Method', 'ipv4_method', 'dhcp or static', (text) =>
    /^(dhcp|static)$/.test(text) ? text : undefined,
  ),
  key('passwords', 'passwords', 'yes or no', readYes, YES_NO),
  key('installed', 'installed', 'yes or no', readYes, YES_NO),
];

const BY_KEY: ReadonlyMap<string, FileKey> = new Map(
  FILE_KEYS.flatMap((row) => row.keys.map((name) => [name, row] as const)),
);

/** @returns null for a key that means nothing to puffboot */
export const fileKeyOf = (name: string): FileKey | null => BY_KEY.get(name.toLowerCase()) ?? null;

/** An address within the /64, with or without a length, stands for the /64. */
function parseNetwork(text: string): string | null {
  const [address = '', bits = '64', ...rest] = text.split('/');
  if (bits !== '64' || rest.length > 0 || !ipaddr.IPv6.isValid(address)) return null;
  const { parts } = ipaddr.IPv6.parse(address);
  return `${new ipaddr.IPv6([...parts.slice(0, 4), 0, 0, 0, 0]).toRFC5952String()}/64`;
}
