import type { VmView } from './operator.ts';

/**
 * A VM as the operator web gives it away: without the keys, whose comments may be secrets, because the page has
 * no login yet.
 */
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
  | { readonly kind: 'ended' };
