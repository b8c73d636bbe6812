import { bootFromNetwork } from '../pxe/rom.ts';
import type { Board, BootSource } from './board.ts';
import { runFromDisk } from './installed.ts';
import { runRamdisk } from './ramdisk.ts';

/** A machine from power-on until vmd ends it: one kernel after the other, all on the same console. */
export async function runMachine(board: Board, first: BootSource): Promise<never> {
  let source = first;
  for (;;) {
    if (source.kind === 'network') source = await bootFromNetwork(board);
    if (source.kind === 'ramdisk') await runRamdisk(board, source.release);
    else await runFromDisk(board);
    source = await board.reboot();
  }
}
