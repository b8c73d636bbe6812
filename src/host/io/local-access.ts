import type { Line } from '../../common/line.ts';
import type { HostAccess, RunResult } from '../access.ts';
import { commandFiles, type HostCommand } from './command-files.ts';
import { type Executed, execute } from './execute.ts';
import { ownFiles } from './own-files.ts';

export interface LocalAccessOptions {
  /** Put before a command that only root may run, such as `['doas']`. */
  readonly become: readonly string[];
  /** The whole environment of every command. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Opens a command on a new pty. */
  readonly openPty: (argv: readonly string[], options: { env: Readonly<Record<string, string>> }) => Line;
}

/** This machine as a vmd host. */
export function localAccess({ become, env, now, openPty }: LocalAccessOptions): HostAccess {
  const command: HostCommand = (argv, { asRoot, ...rest }) =>
    execute(asRoot ? [...become, ...argv] : argv, { env, ...rest });
  const own = ownFiles(now);
  const byCommand = commandFiles(command, now);
  return {
    read: (path, options = {}) => (options.asRoot ? byCommand : own).read(path, options),
    run: async (argv, { asRoot = false, ...rest } = {}) => resultOf(await command(argv, { asRoot, ...rest })),
    // A user's name is the system's to know: install(1) looks it up.
    write: (path, content, options = {}) =>
      (options.asRoot || options.owner !== undefined ? byCommand : own).write(path, content, options),
    openConsole: (argv) => openPty(argv, { env }),
    loginAnew: async () => undefined,
    close: async () => undefined,
  };
}

export function resultOf({ status, stdout, stderr }: Executed): RunResult {
  return { status, stdout: Buffer.from(stdout).toString('utf8'), stderr };
}
