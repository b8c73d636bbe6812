import { OperatorError } from '../common/error.ts';
import { isAway } from './api.ts';

/** How often `serve` is asked, and for how long it may be away before that is an error. */
const ASK_EVERY_MS = 300;
const AWAY_MS = 60_000;

/**
 * Asks again and again until there is an answer, across restarts of `serve`.
 * @param away called while `serve` doesn't answer
 * @returns null when `signal` ended it
 */
export async function pollUntil<T>(
  signal: AbortSignal,
  away: () => void,
  ask: () => Promise<T | null>,
): Promise<T | null> {
  let awaySince: number | null = null;
  while (!signal.aborted) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
      awaySince = null;
    } catch (error) {
      if (!isAway(error)) throw error;
      awaySince ??= Date.now();
      if (Date.now() - awaySince > AWAY_MS) throw error;
      away();
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  return null;
}

/**
 * Does the same with each of several VMs. With one, its error is the command's; with more, a refusal is told and
 * the others go on, and the exit status says that not all was done.
 * @returns how many were refused
 */
export async function eachOf(
  names: readonly string[],
  act: (name: string) => Promise<void>,
): Promise<number> {
  let refused = 0;
  for (const name of names) {
    try {
      await act(name);
    } catch (error) {
      if (names.length === 1 || !(error instanceof OperatorError)) throw error;
      process.stderr.write(`${name}: ${error.message}\n  fix: ${error.fix}\n`);
      process.exitCode = 1;
      refused += 1;
    }
  }
  return refused;
}
