/** What is asked of a machine whose install has failed, and how its answers are told apart. */

/** Where commands can be given: the ramdisk's ksh(1), or ddb(4). */
export type Place = 'shell' | 'ddb';

export interface Question {
  /** What is typed. With its marker it must fit into a line of 80 columns: ksh(1) scrolls longer ones. */
  readonly command: string;
  /** Asked instead where the command exits with an error. */
  readonly otherwise?: string;
}

/** Passwords never leave the machine: their lines are left out of the saved answers there. */
export const SHELL_QUESTIONS: readonly Question[] = [
  // /ai.log up to 6.x (5.8 was seen), /tmp/ai/ai.log from 7.3 on.
  { command: 'cat /tmp/ai/ai.log', otherwise: 'cat /ai.log' },
  { command: "sed '/ass[wp]/d' /tmp/i/*.resp" },
  { command: 'ifconfig -A' },
  { command: 'route -n show' },
  { command: 'dmesg' },
];

/** ddb(4), "minimum info required in bug reports". */
export const DDB_QUESTIONS: readonly Question[] = [
  { command: 'trace' },
  { command: 'ps' },
  { command: 'show registers' },
];

const MOST_DISKS = 4;

/** The disks that dmesg(8) lists, for disklabel(8). */
export function diskQuestions(dmesg: string): readonly Question[] {
  const disks = [...dmesg.matchAll(/^((?:sd|wd)\d{1,2}) at /gm)].map(([, disk = '']) => disk);
  return [...new Set(disks)].slice(0, MOST_DISKS).map((disk) => ({ command: `disklabel ${disk}` }));
}

/** A command whose end shows in what it prints, whatever it prints: the echo still has `$?` in it. */
export const marked = (command: string, number: number): string => `${command}; echo =pb${number}=$?=`;

/** @returns what stands before the marker on its line, and the exit status; null where it is not */
export function findMarker(
  line: string,
  number: number,
): { readonly before: string; readonly status: number } | null {
  const [, before = '', status] = new RegExp(`^(.*)=pb${number}=(\\d{1,3})=$`).exec(line.trimEnd()) ?? [];
  return status === undefined ? null : { before, status: Number(status) };
}

/** ddb(4) waits for a key below a full screen. */
export const PAGER = /--db_more--$/;
