/** vmctl(8): argument vectors and the parser of what it prints. */

import { processPattern } from './doas-conf.ts';

/** Where vmctl(8) finds vmd(8). */
export const VMD_SOCKET = '/var/run/vmd.sock';

export const VMCTL = {
  status: ['vmctl', 'status'],
  create: (path: string, sizeMiB: number) => ['vmctl', 'create', '-s', `${sizeMiB}M`, path],
  load: (file: string) => ['vmctl', 'load', file],
  /** Boots `kernel` once; the guest's reboot then comes from disk on the same tty. */
  installStart: (name: string, kernel: string) => ['vmctl', 'start', '-c', '-b', kernel, name],
  boot: (name: string) => ['vmctl', 'start', name],
  /** Asks the guest to shut down; returns at once. */
  stop: (name: string) => ['vmctl', 'stop', name],
  terminate: (name: string) => ['vmctl', 'stop', '-f', name],
  /** Where vmd(8) itself has lost control of a VM: its process, by its title. */
  killProcess: (name: string) => ['pkill', '-9', '-xf', processPattern(name)],
  start: (name: string) => ['vmctl', 'start', '-c', name],
  console: (name: string) => ['vmctl', 'console', name],
  /** Ends the cu(1) that `console` became. Exactly its title, so that the shell which runs this is not meant. */
  leave: (tty: string) => ['pkill', '-xf', `(/usr/bin/)?cu -r -l /dev/${tty} -s 115200`],
  kill: (name: string) => ['vmctl', 'stop', '-fw', name],
} as const;

export const VM_STATES = ['running', 'stopped', 'stopping', 'paused', 'waiting', 'unknown'] as const;
export type VmState = (typeof VM_STATES)[number];

export interface VmStatus {
  readonly id: number;
  readonly name: string;
  readonly state: VmState;
  /** Of its process; null while it doesn't run. */
  readonly pid: number | null;
  /** As vmctl prints it, without `/dev/`; null while the VM has none. */
  readonly tty: string | null;
}

/**
 * Parses `vmctl status`. The OWNER column overflows with long names, so a row is read from both ends:
 * blanks never occur in a name, and the state stands before it.
 */
export function parseStatus(stdout: string): readonly VmStatus[] {
  return stdout.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [id = '', name = '', state = ''] = [fields[0], fields.at(-1), fields.at(-2)];
    if (fields.length < 8 || !/^\d+$/.test(id)) return [];
    const [pid = '-', tty = '-'] = [fields[1], fields[5]];
    return [
      {
        id: Number(id),
        name,
        pid: /^\d+$/.test(pid) ? Number(pid) : null,
        state: isVmState(state) ? state : 'unknown',
        tty: tty === '-' ? null : tty,
      },
    ];
  });
}

const isVmState = (text: string): text is VmState => (VM_STATES as readonly string[]).includes(text);
