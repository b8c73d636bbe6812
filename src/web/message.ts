import type { VmView } from './operator.ts';

/** A VM as the operator web gives it away: without the keys, whose comments may be secrets. */
export type WebVm = Omit<VmView, 'sshKeys'>;

export function webVm({ sshKeys: _, ...vm }: VmView): WebVm {
  return vm;
}

/** JSON on `/api/v1/events`: first all VMs, then what changed. `now` is the server's clock, in milliseconds. */
export type VmsMessage =
  | { readonly kind: 'vms'; readonly now: number; readonly vms: readonly WebVm[] }
  | {
      readonly kind: 'changed';
      readonly now: number;
      readonly vms: readonly WebVm[];
      readonly removed: readonly string[];
    };

/**
 * JSON on `/api/v1/console/NAME`; binary messages between them are what to write on the terminal. `screen` comes
 * first and again for another console of the same VM or after a skip: the terminal is to be reset.
 */
export type ConsoleMessage =
  | {
      readonly kind: 'screen';
      readonly cols: number;
      readonly rows: number;
      /** `none`: nothing has held this console since the server started. */
      readonly feed: 'live' | 'released' | 'none';
      /** Output was left out because this viewer was too slow. */
      readonly skipped: boolean;
    }
  | { readonly kind: 'ended' }
  | HolderMessage
  /** What was asked for is not done; `text` says why, and what to do. */
  | { readonly kind: 'refused'; readonly because: RefusalCode; readonly text: string }
  /** The reader holds the line no more, though he did not give it back. */
  | { readonly kind: 'left'; readonly text: string };

/** Who may type at the console. Comes after `screen`, and at each change. */
export interface HolderMessage {
  readonly kind: 'holder';
  /** Null: no human; the driver, where an install goes on. */
  readonly holder: HolderView | null;
  /** Who keeps the console open beyond its time; null where nobody does. */
  readonly kept: string | null;
  /** May the reader type at all? Null: he has not logged in; else his name. */
  readonly you: string | null;
}

export interface HolderView {
  readonly name: string;
  /** It is the reader. */
  readonly mine: boolean;
  /** His connection is lost, and the line is kept for him a little while. */
  readonly lost: boolean;
}

export type RefusalCode = 'login' | 'held' | 'not-holding' | 'too-much' | 'console' | 'request';

/** JSON that a page or a terminal sends on the same channel. */
export type ConsoleRequest =
  /** `id`: a secret of the page, by which it finds its hold again. `over`: although another human holds it. */
  | { readonly kind: 'take'; readonly id: string; readonly over: boolean }
  | { readonly kind: 'give' }
  | { readonly kind: 'keys'; readonly text: string }
  /** Keep the console open beyond its time, or no longer. */
  | { readonly kind: 'keep'; readonly on: boolean };

/** @returns null for what is none. */
export function parseConsoleRequest(text: string): ConsoleRequest | null {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('kind' in value)) return null;
  const { kind, id, over, text: keys, on } = value as Readonly<Record<string, unknown>>;
  if (kind === 'take' && typeof id === 'string' && ID.test(id)) return { kind, id, over: over === true };
  if (kind === 'give') return { kind };
  if (kind === 'keys' && typeof keys === 'string') return { kind, text: keys };
  if (kind === 'keep' && typeof on === 'boolean') return { kind, on };
  return null;
}

/** Long enough not to be guessed. */
const ID = /^[\w-]{16,64}$/;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
