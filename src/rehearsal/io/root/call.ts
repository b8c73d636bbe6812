import { getopt, type Options } from '../../root/getopt.ts';
import { FileError } from './file-error.ts';
import type { HostFiles } from './host-files.ts';

/** One command as it is run on the simulated host. */
export interface Call {
  readonly name: string;
  /** The words behind the name. */
  readonly words: readonly string[];
  /** The host's files as the user who runs it may use them. */
  readonly files: HostFiles;
  /** All of its standard input. */
  readonly input: () => Promise<Buffer>;
  /** The same as it comes. */
  readonly stream: () => AsyncIterable<Uint8Array>;
  readonly out: (data: string | Uint8Array) => void;
  readonly err: (text: string) => void;
  /** Runs the host's real `vmctl`; @returns its exit status */
  readonly vmctl: (words: readonly string[]) => Promise<number>;
  /** Runs another command of the host in place of this one. */
  readonly instead: (user: string, argv: readonly string[]) => Promise<number>;
}

/** @returns the exit status */
export type HostProgram = (call: Call) => Promise<number> | number;

/** `NAME: TEXT` on standard error, as err(3) writes it. @returns the exit status */
export function complain({ name, err }: Call, text: string, status = 1): number {
  err(`${name}: ${text}\n`);
  return status;
}

/** Runs `work` on options and operands; a wrong option is told as getopt(3) does. */
export function withOptions(
  options: string,
  work: (call: Call, given: Options) => Promise<number> | number,
): HostProgram {
  return (call) => {
    const given = getopt(options, call.words);
    return 'error' in given ? complain(call, given.error) : work(call, given);
  };
}

/** Does something with a file; what goes wrong is told as `NAME: PATH: TEXT`. @returns 0, or 1 */
export function onFile(call: Call, path: string, work: () => void): number {
  try {
    work();
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return complain(call, `${path}: ${error.message}`);
  }
}

/** Every one of them, also behind one that failed. @returns the worst status */
export const each = (paths: readonly string[], work: (path: string) => number): number =>
  paths.reduce((worst, path) => Math.max(worst, work(path)), 0);
