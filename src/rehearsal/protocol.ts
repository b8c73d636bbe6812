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

const REQUESTS: ReadonlySet<unknown> = new Set<Request['kind']>([
  'load',
  'reload',
  'reset',
  'status',
  'start',
  'stop',
  'console',
  'rebooted',
]);

/** @returns null for what none of our own programs sends. */
export function parseRequest(line: string): Request | null {
  const message = parseObject(line);
  return message !== null && REQUESTS.has(message.kind) ? (message as unknown as Request) : null;
}

/** @returns null for what our daemon never says. */
export function parseReply(line: string): Reply | null {
  const message = parseObject(line);
  return typeof message?.kind === 'string' ? (message as unknown as Reply) : null;
}

function parseObject(line: string): { readonly kind?: unknown } | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
