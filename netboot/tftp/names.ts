import type { Armed, CatalogClient, SerialConsole } from '../catalog.ts';
import { armedNow } from '../lookup.ts';
import { nearest } from './nearest.ts';

/** What a name means to one client. */
export type Named =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'random'; readonly bytes: number }
  /** Below the sets directory. */
  | { readonly kind: 'file'; readonly path: string }
  /** Below the operator's own directory; `reason` is why not, where it is not there either. */
  | { readonly kind: 'other'; readonly path: string; readonly reason: string }
  /** `unknown`: it is the name that is wrong, not the client. */
  | { readonly kind: 'refused'; readonly reason: string; readonly unknown?: true };

/** Loader by the architecture that the ROM gave in option 93 (RFC 4578 §2.1 and IANA's list after it). */
const LOADERS: Readonly<Record<number, string>> = {
  0: 'pxeboot',
  6: 'BOOTIA32.EFI',
  7: 'BOOTX64.EFI',
  9: 'BOOTX64.EFI',
  11: 'BOOTAA64.EFI',
  27: 'BOOTRISCV64.EFI',
};

/** pxeboot(8) and the EFI loaders read it as boot(8) does; 132 characters a line at most. */
const bootConf = ({ console: { tty, speed } = VMD_CONSOLE }: Armed): string =>
  [`stty ${tty} ${speed}`, `set tty ${tty}`, 'set timeout 1', 'boot tftp:/bsd.rd', ''].join('\n');

/** The only one that a VM of vmd(8) has. */
const VMD_CONSOLE: SerialConsole = { tty: 'com0', speed: 115200 };

const RANDOM_SEED_BYTES = 512;

/** Loaders ask for these at every boot, and nothing is wrong with that. */
const EXPECTED = /^(bsd\.upgrade$|etc\/firmware\/)/;

const file = (armed: Armed, name: string): Named => ({
  kind: 'file',
  path: `pub/OpenBSD/${armed.release}/${armed.arch}/${name}`,
});

const loader = (armed: Armed, arch: number | null): Named => {
  const name = LOADERS[arch ?? 0];
  if (name === undefined) return { kind: 'refused', reason: `no loader for client architecture ${arch}` };
  return file(armed, name);
};

/** The whole name space. `/bsd.upgrade` must stay out of it: pxeboot would boot it before anything else. */
const NAMES = new Map<string, (armed: Armed, arch: number | null) => Named>([
  ['auto_install', loader],
  ['auto_upgrade', loader],
  ['etc/boot.conf', (armed) => ({ kind: 'text', text: bootConf(armed) })],
  ['etc/random.seed', () => ({ kind: 'random', bytes: RANDOM_SEED_BYTES })],
  ['bsd', (armed) => file(armed, 'bsd')],
  ['bsd.rd', (armed) => file(armed, 'bsd.rd')],
]);

/**
 * @param client the one that the asking address is reserved for, null for a stranger
 * @param arch option 93 of its ROM, where our DHCP server saw it
 */
export function resolveName(
  name: string,
  client: CatalogClient | null,
  arch: number | null,
  now: number,
): Named {
  if (client === null) return { kind: 'refused', reason: 'asks from an unknown address' };
  const armed = armedNow(client, now);
  if (typeof armed === 'string') return { kind: 'refused', reason: armed };
  const plain = plainName(name);
  return NAMES.get(plain)?.(armed, arch) ?? { kind: 'refused', reason: unknownName(plain), unknown: true };
}

/** What is refused for its name or its asker may still lie in the operator's own directory, for anybody. */
export function orOther(named: Named, name: string): Named {
  const path = named.kind === 'refused' ? otherPath(name) : null;
  return named.kind === 'refused' && path !== null ? { kind: 'other', path, reason: named.reason } : named;
}

/**
 * The path in the operator's own directory that anybody may have under this name. What is made for armed
 * machines is never looked for there: who is not armed must not find a loader of yesterday.
 */
export function otherPath(name: string): string | null {
  const plain = plainName(name);
  if (NAMES.has(plain) || plain === 'bsd.upgrade' || plain.length > LONGEST_PATH) return null;
  const isPlain = plain.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return isPlain && !/[\0-\x1f\x7f\\]/.test(plain) ? utf8Of(plain) : null;
}

/** Bytes. */
const LONGEST_PATH = 255;

/** A slash in front means nothing here, and several are one, as in every path: loaders join names with them. */
const plainName = (name: string): string => name.replace(/\/{2,}/g, '/').replace(/^\//, '');

/** @param bytes one a character. @returns null where they are no UTF-8, which Node's names of files are */
function utf8Of(bytes: string): string | null {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)),
  );
  return text.includes('\ufffd') ? null : text;
}

/** For the log, and shown by the loader on its console: what should have been asked for. */
function unknownName(name: string): string {
  if (EXPECTED.test(name)) return 'no such name';
  const names = [...NAMES.keys()];
  const meant = nearest(name, names);
  return `no such name; ${meant === null ? `there are ${names.join(', ')}` : `the nearest is ${meant}`}`;
}
