import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST } from '../../host-path.ts';
import { drawFault, type HostFault, parseFaults } from '../../root/faults.ts';
import { ACCOUNT_PROGRAMS } from './account-programs.ts';
import type { Call, HostProgram } from './call.ts';
import { CHECK_PROGRAMS } from './check-programs.ts';
import { FILE_PROGRAMS } from './file-programs.ts';
import { HostFiles } from './host-files.ts';
import { IMAGE_PROGRAMS } from './image-programs.ts';
import { READING_PROGRAMS } from './reading-programs.ts';
import { SHELL_PROGRAMS } from './shell-programs.ts';
import { SYSTEM_PROGRAMS } from './system-programs.ts';

const PROGRAMS: Readonly<Record<string, HostProgram>> = {
  ...FILE_PROGRAMS,
  ...READING_PROGRAMS,
  ...IMAGE_PROGRAMS,
  ...ACCOUNT_PROGRAMS,
  ...CHECK_PROGRAMS,
  ...SYSTEM_PROGRAMS,
  ...SHELL_PROGRAMS,
  vmctl,
};

/** What vmd(8) does for root alone, by vmctl(8)'s words, which may be abbreviated. */
const ROOTS_ALONE = /^(loa|rel|res|log|rec|sen)/;

function vmctl({ words, files, err, vmctl: program }: Call): Promise<number> | number {
  if (files.user === 'root' || !ROOTS_ALONE.test(words[0] ?? '')) return program(words);
  err('vmctl: command failed\n');
  return 1;
}

/** What the world outside of the host gives to a command. */
export interface Surroundings extends Pick<Call, 'input' | 'stream' | 'out' | 'err' | 'vmctl'> {
  readonly root: string;
  /** Breaks the connection over which the command came. Does not return where there is one. */
  readonly drop: () => Promise<never>;
}

/**
 * Runs one command on the simulated host, with what ROOT/fail.json wants to go wrong.
 * @param user who runs it
 * @returns its exit status; 127 for a command that this host does not have
 */
export function runOnHost(
  surroundings: Surroundings,
  user: string,
  argv: readonly string[],
): Promise<number> {
  const log = join(surroundings.root, HOST.commands);
  // A root that `rehearse` never prepared has no such directory yet.
  mkdirSync(dirname(log), { recursive: true });
  appendFileSync(log, `${user} ${argv.join(' ')}\n`);
  return run(surroundings, new HostFiles(surroundings.root, user), argv);
}

async function run(surroundings: Surroundings, files: HostFiles, argv: readonly string[]): Promise<number> {
  const [name = '', ...words] = argv;
  const fault = name === 'doas' ? null : takeFault(surroundings.root, argv.join(' '));
  if (fault?.do === 'full') files.full = true;
  if (fault !== null && fault.after !== true) {
    const status = await fail(surroundings, fault);
    if (status !== null) return status;
  }
  const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (program === undefined) {
    surroundings.err(`sh: ${name}: not found\n`);
    return 127;
  }
  const instead = (user: string, next: readonly string[]) => run(surroundings, files.as(user), next);
  const onward = (rest: readonly string[]) =>
    files.full && rest[0] === 'create' ? noSpace(surroundings) : surroundings.vmctl(rest);
  const status = await program({ ...surroundings, name, words, files, instead, vmctl: onward });
  return fault?.after === true ? ((await fail(surroundings, fault)) ?? status) : status;
}

async function noSpace({ err }: Surroundings): Promise<number> {
  err('vmctl: create imagefile operation failed: No space left on device\n');
  return 1;
}

/** @returns the exit status; null when the command goes on */
async function fail(
  { err, drop }: Surroundings,
  { do: what, status = 1, stderr = '', milliseconds = 0 }: HostFault,
): Promise<number | null> {
  switch (what) {
    case 'exit':
      err(stderr);
      return status;
    case 'hang':
      return new Promise(() => undefined);
    case 'drop':
      return drop();
    case 'slow':
      await sleep(milliseconds);
      return null;
    case 'full':
      return null;
  }
}

function takeFault(root: string, line: string): HostFault | null {
  const path = join(root, HOST.faults);
  if (!existsSync(path)) return null;
  const { fault, rest } = drawFault(parseFaults(readFileSync(path, 'utf8')), line);
  if (rest !== null) {
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(rest));
    renameSync(`${path}.${process.pid}`, path);
  }
  return fault;
}
