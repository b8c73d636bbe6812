import type { ErrorCode } from '../../common/error.ts';
import type { Config } from '../../config/schema.ts';

/** What the parent says to a child. A `socket` message carries the bound socket as its handle. */
export type ToChild =
  | { readonly kind: 'socket'; readonly role: SocketRole }
  | { readonly kind: 'start'; readonly config: Config }
  | { readonly kind: 'relay'; readonly body: unknown }
  | { readonly kind: 'stop' };

/** What a child says to the parent. */
export type ToParent =
  | { readonly kind: 'ready'; readonly listening: readonly string[] }
  | { readonly kind: 'refused'; readonly code: ErrorCode | null; readonly message: string }
  | { readonly kind: 'relay'; readonly body: unknown };

export type SocketRole = 'dhcp' | 'tftp' | 'http';
export type ChildName = 'netboot' | 'operate';
