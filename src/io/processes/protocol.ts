import type { ErrorCode } from '../../common/error.ts';

/** What the parent says to a child. A `socket` message carries the bound socket as its handle. */
export type ToChild =
  | { readonly kind: 'socket'; readonly role: SocketRole }
  /** What the child needs to know of the configuration, and no more. */
  | { readonly kind: 'start'; readonly settings: unknown }
  | { readonly kind: 'relay'; readonly body: unknown }
  | { readonly kind: 'stop' };

/** What a child says to the parent. */
export type ToParent =
  /** It takes messages now. Node itself accepts on a listener that comes before, and then nobody hears of the connection. */
  | { readonly kind: 'here' }
  | { readonly kind: 'ready'; readonly listening: readonly string[] }
  | { readonly kind: 'refused'; readonly code: ErrorCode | null; readonly message: string }
  /** In their order. */
  | { readonly kind: 'relay'; readonly bodies: readonly unknown[] };

/** What netboot listens on. */
export const SOCKET_ROLES = ['dhcp', 'tftp', 'http', 'bootServer', 'clientPort'] as const;
export type SocketRole = (typeof SOCKET_ROLES)[number];
export type ChildName = 'netboot' | 'operate' | 'boot-http';
