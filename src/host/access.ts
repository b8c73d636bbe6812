import type { Line } from '../common/line.ts';

/**
 * The only way to a vmd host: run a command, write a file, open a console. Implementations: this machine,
 * the rehearsal's simulated host.
 */
export interface HostAccess {
  /**
   * Runs a command to its end; never through a shell.
   * @throws OperatorError HOST_COMMAND when it cannot be started or exceeds `seconds` (default 60).
   *         A non-zero exit status is a result, not an error.
   */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /**
   * Replaces a file atomically (temporary file in the same directory, fsync, rename), making missing parent
   * directories. @throws OperatorError HOST_COMMAND naming path and cause.
   */
  write(path: string, content: FileContent, mode?: number): Promise<void>;
  /** Opens a command that is a console on a new pty. */
  openConsole(argv: readonly string[]): Line;
}

export interface RunOptions {
  /** As root: through the host's `become` prefix (doas). */
  readonly asRoot?: boolean;
  readonly seconds?: number;
}

export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Text, or a file of this machine to copy from (kernels are too large for memory at 50 hosts). */
export type FileContent = string | { readonly copyOf: string };
