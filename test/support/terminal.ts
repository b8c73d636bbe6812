import { openPty } from '../../console/io/pty.ts';
import { PROGRAM, until } from './puffboot.ts';
import type { Rig } from './rig.ts';

/** `puffboot` on a terminal of its own, with the configuration of a rig. */
export const terminal = ({ stage }: Rig, ...argv: readonly string[]) =>
  openTerminal([process.execPath, PROGRAM, ...argv], { PUFFBOOT_CONFIG: stage.configFile });

/** Somebody who has taken the line of a VM that runs, and typed root's login and a password there. */
export async function typeLogin(rig: Rig, vm: string, password: string) {
  const anna = terminal(rig, 'console', vm);
  await anna.shows(`You hold the line of ${vm}`);
  anna.type('\r');
  await anna.shows('login: ');
  anna.type('root\r');
  await anna.shows('Password:');
  anna.type(`${password}\r`);
  return anna;
}

/** Any command on a terminal of its own. */
export function openTerminal(argv: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const line = openPty(argv, { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...more } });
  const decoder = new TextDecoder();
  let shown = '';
  line.onOutput((bytes) => {
    shown += decoder.decode(bytes, { stream: true });
  });
  return {
    type: (keys: string) => line.write(new TextEncoder().encode(keys)),
    /** Waits until all that was ever shown contains the text, `times` times. */
    shows: (text: string, times = 1) =>
      until(async () => shown.split(text).length > times).catch(() => {
        throw new Error(`awaited ${text}, got:\n${shown.slice(-1500)}`);
      }),
    closed: line.closed,
    shown: () => shown,
  };
}
