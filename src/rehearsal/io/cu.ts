import { spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import { CU_START, stepCu } from '../cu.ts';

/** How long what was typed before cu(1) had set up the terminal is thrown away. */
const FLUSH_MILLISECONDS = 5;

/**
 * `cu -r -l TTY -s 115200` on a console's connection, until `~.`, the end of the VM, or of the keyboard.
 * @returns the exit status
 */
export async function runConsole(socket: Socket, tty: string): Promise<number> {
  const { stdin, stdout } = process;
  const saved = stdin.isTTY ? stty('-g').trim() : null;
  if (saved !== null) {
    stty('raw', '-echo');
    await flush();
  }
  stdout.write(`Connected to /dev/${tty} (speed 115200)\r\n`);
  return new Promise((resolve) => {
    let left = false;
    let state = CU_START;
    const leave = (): void => {
      if (left) return;
      left = true;
      socket.destroy();
      stdin.pause();
      if (saved !== null) {
        stty(saved);
        stdout.write('\r\n[EOT]\n');
      }
      resolve(0);
    };
    stdin.on('data', (typed: Buffer) => {
      if (saved === null) {
        socket.write(typed);
        return;
      }
      const step = stepCu(state, typed);
      state = step.state;
      if (step.send.length > 0) socket.write(step.send);
      if (step.leave) leave();
    });
    stdin.once('end', leave).once('error', leave);
    socket.on('data', (bytes: Buffer) => void stdout.write(bytes));
    socket.once('end', leave).once('close', leave).on('error', leave);
    socket.resume();
  });
}

/** Not by setRawMode(): it leaves the tty's output processing on, which doubles each carriage return. */
function stty(...words: readonly string[]): string {
  return spawnSync('stty', words, { stdio: [0, 'pipe', 'ignore'], encoding: 'utf8' }).stdout ?? '';
}

async function flush(): Promise<void> {
  const drop = (): void => undefined;
  process.stdin.on('data', drop).resume();
  await new Promise((resolve) => setTimeout(resolve, FLUSH_MILLISECONDS));
  process.stdin.off('data', drop);
}
