import type { ListedFile } from './http/index-text.ts';

/** What netboot needs of the sets directory; implemented in `io/`. */
export interface OpenedFile {
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** All of it, where it is in memory. Shared: not to be changed. */
  readonly bytes?: Uint8Array;
  /** Fills `into` from `offset` on. @returns how many bytes there were; fewer than asked only at the end */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** False where the file was written to since it was opened. */
  isUnchanged?(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Opens a regular file below the sets directory, which nothing escapes.
 * @param path relative to it
 * @returns why not, where it cannot be served
 */
export type OpenFile = (path: string) => Promise<OpenedFile | { readonly missing: string }>;

/** Why not, where there is none of that name. */
export const NO_SUCH_FILE = 'no such file';

/**
 * The regular files of a directory below the sets directory, in the order of their names.
 * @returns why not, where it cannot be read
 */
export type ListFiles = (path: string) => Promise<readonly ListedFile[] | { readonly missing: string }>;

/** The names of what lies in the directory where `path` would lie; none where there is no such directory. */
export type NamesBeside = (path: string) => Promise<readonly string[]>;
