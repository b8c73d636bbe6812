import { spawn } from 'node:child_process';
import { Interrupted } from '../guest/board.ts';

/** The guest's com0: this process's own tty, whose line discipline does the echo and the editing. */
export interface Terminal {
  print(text: string): void;
  /** @throws Interrupted at ^C */
  readLine(milliseconds?: number): Promise<string | null>;
  mode(mode: TerminalMode): Promise<void>;
}

export type TerminalMode = 'off' | 'lines' | 'silent' | 'keys';

/** stty(1) words. ^D, ^\ and ^Z would end or stop the process that plays a whole machine. */
const STTY: Readonly<Record<TerminalMode, readonly string[]>> = {
  off: ['-icanon', '-echo', '-isig', 'eof', 'undef', 'quit', 'undef', 'susp', 'undef'],
  lines: ['icanon', 'echo', 'isig'],
  silent: ['icanon', '-echo', 'isig'],
  keys: ['-icanon', '-echo', 'isig'],
};

interface Waiter {
  resolve(line: string | null): void;
  reject(error: Error): void;
}

export function openTerminal(): Terminal {
  const lines: string[] = [];
  let current: TerminalMode = 'off';
  let partial = '';
  let waiter: Waiter | null = null;

  const take = (): Waiter | null => {
    const taken = waiter;
    waiter = null;
    return taken;
  };
  const deliver = (): void => {
    if (lines.length === 0) return;
    const waiting = take();
    if (waiting !== null) waiting.resolve(lines.shift() ?? '');
  };
  process.stdin.setEncoding('latin1').on('data', (text: string) => {
    // Nobody has opened the tty yet: what arrives is lost.
    if (current === 'off') return;
    if (current === 'keys') {
      lines.push(...text);
      deliver();
      return;
    }
    const [last = '', ...before] = `${partial}${text}`.split('\n').reverse();
    partial = last;
    lines.push(...before.reverse());
    deliver();
  });
  process.on('SIGINT', () => {
    lines.length = 0;
    take()?.reject(new Interrupted());
  });

  return {
    print: (text) => void process.stdout.write(text),
    readLine: (milliseconds) =>
      new Promise((resolve, reject) => {
        const timer =
          milliseconds === undefined ? undefined : setTimeout(() => take()?.resolve(null), milliseconds);
        waiter = {
          resolve: (line) => {
            clearTimeout(timer);
            resolve(line === null ? null : Buffer.from(line, 'latin1').toString('utf8'));
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        };
        deliver();
      }),
    mode: async (mode) => {
      await stty(STTY[mode]);
      if (mode === 'off') lines.length = 0;
      if (current === 'off') partial = '';
      current = mode;
    },
  };
}

function stty(words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('stty', words, { stdio: [0, 'ignore', 'ignore'] });
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}
