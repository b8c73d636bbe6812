import type { Command } from 'commander';
import { vi } from 'vitest';

/** What a command printed and left behind. */
export interface Run {
  readonly stdout: string;
  readonly exitCode: number | string | undefined;
}

/** Runs a command in this process as `puffboot` would, with what it writes to standard output caught. */
export async function run(command: Command, ...args: readonly string[]): Promise<Run> {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  for (const each of [command, ...command.commands]) {
    each.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  try {
    await command.parseAsync([...args], { from: 'user' });
    return { stdout: written.join(''), exitCode: process.exitCode };
  } finally {
    spy.mockRestore();
    process.exitCode = undefined;
  }
}
