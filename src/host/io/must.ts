import { OperatorError } from '../../common/error.ts';
import type { HostAccess, RunOptions, RunResult } from '../access.ts';

/**
 * Runs a command that has to succeed.
 * @throws OperatorError HOST_COMMAND with the command and what it said
 */
export async function must(
  access: HostAccess,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const result = await access.run(argv, options);
  if (result.status !== 0) throw refused(argv, result);
  return result;
}

/** The last lines that a failed command printed, with the command. */
export function refused(argv: readonly string[], { status, stdout, stderr }: RunResult): OperatorError {
  const said = (stderr.trim() || stdout.trim() || 'nothing said').split('\n').slice(-3).join('; ');
  return new OperatorError('HOST_COMMAND', `${argv.join(' ')} failed with status ${status}: ${said}`);
}
