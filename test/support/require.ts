import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The tests as a newcomer's machine runs them, which has none of these programs, on one that has. */
const LEFT_OUT = process.env.PUFFBOOT_TEST_REQUIRE === 'none';

/**
 * Finds a program that a test needs and a laptop may not have.
 *
 * @returns its path, and `skip`: why the test cannot run here, or false. Where the environment requires
 *          everything (`PUFFBOOT_TEST_REQUIRE=all`), a missing program is an error instead.
 */
export function requireProgram(...names: readonly string[]): {
  readonly path: string;
  readonly skip: string | false;
} {
  if (LEFT_OUT) return { path: names[0] ?? '', skip: `needs ${names.join(' or ')}, which is left out here` };
  const found = names.flatMap(candidates).find((path) => existsSync(path));
  if (found !== undefined) return { path: found, skip: false };
  return { path: names[0] ?? '', skip: skipFor(`needs ${names.join(' or ')}, which is not installed`) };
}

/** A reason to skip a test; an error where the environment requires everything to run. */
export function skipFor(reason: string): string {
  if (process.env.PUFFBOOT_TEST_REQUIRE === 'all') throw new Error(reason);
  return reason;
}

const candidates = (name: string): string[] =>
  name.startsWith('/')
    ? [name]
    : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
