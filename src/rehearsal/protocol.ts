import type { StatusRow } from './status.ts';
import type { VmRef } from './vmctl.ts';

/**
 * What travels over the daemon's socket: one line of JSON each way. After `console` or `start` with a console
 * was granted, the connection carries the console's bytes.
 */
export type Request =
  | { readonly kind: 'load'; readonly file: string }
  | { readonly kind: 'reload'; readonly file: string | null }
  | { readonly kind: 'reset'; readonly what: 'all' | 'vms' | 'switches' }
  | { readonly kind: 'status' }
  | { readonly kind: 'start'; readonly vm: VmRef; readonly console: boolean; readonly kernel: string | null }
  | { readonly kind: 'stop'; readonly vm: VmRef; readonly force: boolean; readonly wait: boolean }
  | { readonly kind: 'console'; readonly vm: VmRef }
  /** SIGKILL for the process of a VM, by its title. */
  | { readonly kind: 'pkill'; readonly name: string }
  /** Whoever has the console is made to leave it, as a cu(1) that is killed. */
  | { readonly kind: 'hangup'; readonly vm: VmRef }
  /** From a guest: its kernel rebooted. Answered by `boot`. */
  | { readonly kind: 'rebooted'; readonly id: number; readonly pid: number };

export type Reply =
  | { readonly kind: 'done' }
  /** `error` is an errno's text, or one of vmctl(8)'s own sentences. */
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'status'; readonly rows: readonly StatusRow[] }
  | { readonly kind: 'started'; readonly id: number; readonly tty: string }
  | { readonly kind: 'stopped'; readonly id: number }
  | { readonly kind: 'console'; readonly tty: string }
  | { readonly kind: 'busy'; readonly tty: string }
  /** What the guest boots next: a kernel file, its disk, or nothing because vmd terminates it. */
  | { readonly kind: 'boot'; readonly kernel: string | null; readonly terminate: boolean };

export const encodeMessage = (message: Request | Reply): string => `${JSON.stringify(message)}\n`;

type Fields = Readonly<Record<string, unknown>>;

/** What each request has to carry; the words of an optional one are looked at where they are used. */
const CARRIES: Readonly<Record<Request['kind'], (fields: Fields) => boolean>> = {
  load: ({ file }) => typeof file === 'string',
  reload: ({ file }) => file === null || typeof file === 'string',
  reset: ({ what }) => what === 'all' || what === 'vms' || what === 'switches',
  status: () => true,
  start: ({ vm, kernel }) => isVmRef(vm) && (kernel === null || typeof kernel === 'string'),
  stop: ({ vm }) => isVmRef(vm),
  console: ({ vm }) => isVmRef(vm),
  pkill: ({ name }) => typeof name === 'string',
  hangup: ({ vm }) => isVmRef(vm),
  rebooted: ({ id, pid }) => typeof id === 'number' && typeof pid === 'number',
};

function isVmRef(value: unknown): value is VmRef {
  if (typeof value !== 'object' || value === null) return false;
  return (
    ('id' in value && typeof value.id === 'number') || ('name' in value && typeof value.name === 'string')
  );
}

/** @returns null for what none of our own programs sends. */
export function parseRequest(line: string): Request | null {
  const message = parseObject(line);
  const kind = message?.kind;
  if (message === null || typeof kind !== 'string' || !Object.hasOwn(CARRIES, kind)) return null;
  return CARRIES[kind as Request['kind']](message) ? (message as unknown as Request) : null;
}

/** @returns null for what our daemon never says. */
export function parseReply(line: string): Reply | null {
  const message = parseObject(line);
  return typeof message?.kind === 'string' ? (message as unknown as Reply) : null;
}

function parseObject(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Fields) : null;
  } catch {
    return null;
  }
}
