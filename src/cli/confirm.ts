import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../common/error.ts';

/**
 * Asks on the terminal; anything but a yes is a no.
 * @param undone completes the error where there is nobody to ask: `web1 was not removed`
 * @throws OperatorError USAGE where standard input is no terminal
 */
export async function confirm(question: string, undone: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new OperatorError('USAGE', `${undone}: there is no terminal to ask on; give --yes`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
