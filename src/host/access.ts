import type { Line } from '../common/line.ts';

/**
 * The only way to a vmd host: run a command, read and write a file, open a console. Implementations: this
 * machine, a host behind ssh(1), the rehearsal's simulated host. All pass `test/contract/host-access.ts`.
 *
 * Paths are absolute and are the host's. Every method may throw OperatorError HOST_COMMAND, and
 * HOST_UNREACHABLE, HOST_DENIED or HOST_KEY where the host itself cannot be reached.
 */
export interface HostAccess {
  /**
   * A text file as it is now.
   * @returns null where it, or its directory, is missing
   * @throws OperatorError HOST_COMMAND for what cannot be read, is longer than 1 MiB or is not UTF-8: written
   *         back, such text would not be the same
   */
  read(path: string, options?: ReadOptions): Promise<string | null>;
  /**
   * Runs a command to its end; its words reach it as they are, never through a shell that could change them.
   * @throws OperatorError HOST_COMMAND when it cannot be started or exceeds `seconds` (default 60).
   *         A non-zero exit status is a result, not an error.
   */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /**
   * Replaces a file atomically: a temporary file beside it, synced, then renamed. Missing parent directories
   * are made. A file of this machine that is already there, byte for byte, is not copied again.
   * @throws OperatorError HOST_COMMAND naming path and cause; also for a target that is no plain file, because
   *         what a symbolic link points to would not be what is replaced
   */
  write(path: string, content: FileContent, options?: WriteOptions): Promise<Written>;
  /** Opens a command that is a console on a new pty. */
  openConsole(argv: readonly string[]): Line;
  /** Over a connection that is kept, the next commands run with the groups that the login has now. */
  loginAnew(): Promise<void>;
  /** Lets go of what is kept open between commands. Consoles stay. */
  close(): Promise<void>;
}

export interface ReadOptions {
  /** As root: through the host's `become` prefix (doas). */
  readonly asRoot?: boolean;
}

export interface RunOptions {
  /** As root: through the host's `become` prefix (doas). */
  readonly asRoot?: boolean;
  /** What the command reads; nothing where it is left out. */
  readonly stdin?: FileContent;
  readonly seconds?: number;
}

export interface RunResult {
  readonly status: number;
  /** At most 1 MiB; what is longer is cut. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface WriteOptions {
  /** As root: through the host's `become` prefix (doas). */
  readonly asRoot?: boolean;
  /** Permission bits. Where it is left out, those of the file that is replaced, else 0600. */
  readonly mode?: number;
  /** `user` or `user:group`. Where it is left out: of a file that root replaces its own, else the writer's. */
  readonly owner?: string;
  /** Keeps what is replaced as PATH.YYYYMMDDhhmmss.puffboot (UTC). Never replaces another backup. */
  readonly backup?: boolean;
}

export interface Written {
  /** False: it was there already, byte for byte. Only told of files that are copied. */
  readonly changed: boolean;
  /** Where the replaced file was kept; null without `backup`, and where there was none. */
  readonly backup: string | null;
}

/** Text, or a file of this machine to copy from (kernels are too large for memory at 50 hosts). */
export type FileContent = string | { readonly copyOf: string };

/** Longest output of a command, and longest file, that is taken in. Bytes. */
export const HOST_TEXT_LIMIT = 1 << 20;
