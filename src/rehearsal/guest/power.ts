import type { Board } from './board.ts';

export async function rebootTexts(board: Board): Promise<void> {
  board.print('syncing disks... done\n');
  await board.pause(0.1);
  board.print('rebooting...\n');
  await board.pause(0.2);
}

/** A halted machine waits for a key, then reboots. */
export async function haltTexts(board: Board): Promise<void> {
  board.print(
    'syncing disks... done\n\nThe operating system has halted.\nPlease press any key to reboot.\n\n',
  );
  await board.readLine();
}
