import { type Board, Interrupted } from './board.ts';
import { haltTexts, rebootTexts } from './power.ts';
import { sysupgrade } from './sysupgrade.ts';

/** root's shell on the installed system, as far as an upgrade by hand needs one. */
export async function runLoginShell(board: Board): Promise<'exit' | 'reboot'> {
  const prompt = `${board.readDisk()?.hostName.split('.')[0] ?? 'localhost'}# `;
  board.print('OpenBSD, as the rehearsal has it: sysupgrade, uname, reboot, halt -p, exit.\n\n');
  for (;;) {
    board.print(prompt);
    try {
      const argv = ((await board.readLine()) ?? '').split(/\s+/).filter((word) => word !== '');
      const end = await runLine(board, argv);
      if (end !== null) return end;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      board.print('\n');
    }
  }
}

/** @returns how the shell ends; null when it goes on */
async function runLine(board: Board, [name, ...args]: readonly string[]): Promise<'exit' | 'reboot' | null> {
  switch (name) {
    case undefined:
      return null;
    case 'exit':
    case 'logout':
      return 'exit';
    case 'uname':
      board.print(`OpenBSD ${board.readDisk()?.release ?? ''}\n`);
      return null;
    case 'sysupgrade':
      return (await sysupgrade(board, args)) ? 'reboot' : null;
    case 'reboot':
      await rebootTexts(board);
      return 'reboot';
    case 'halt':
    case 'shutdown':
      if (!args.some((arg) => /^-\w*p/.test(arg))) {
        await haltTexts(board);
        return 'reboot';
      }
      board.print('syncing disks... done\nAttempting to power down...\n');
      return board.powerOff();
    default:
      board.print(`ksh: ${name}: not found\n`);
      return null;
  }
}
