import { type Board, Interrupted } from './board.ts';
import { haltTexts, rebootTexts } from './power.ts';
import { type Ramdisk, runCommand } from './ramdisk-commands.ts';

/** The ramdisk's shell, as far as somebody at a console needs it there: what went wrong, and the ways out. */
export async function runShell(board: Board, ramdisk: Ramdisk): Promise<'exit' | 'reboot'> {
  let status = 0;
  for (;;) {
    board.print('# ');
    const line = await typed(board);
    for (const command of line.split(';')) {
      const argv = wordsOf(command, status, ramdisk);
      if (argv.length === 0) continue;
      const way = await leave(board, argv);
      if (way !== null) return way;
      const done = runCommand(board, ramdisk, argv);
      board.print(done.output);
      status = done.status;
    }
  }
}

/** The commands behind which there is no shell any more. */
async function leave(board: Board, [command, option]: readonly string[]): Promise<'exit' | 'reboot' | null> {
  if (command === 'exit') return 'exit';
  if (command !== 'reboot' && command !== 'halt') return null;
  if (command === 'reboot') await rebootTexts(board);
  else if (option === '-p') {
    board.print('syncing disks... done\nAttempting to power down...\n');
    await board.powerOff();
  } else await haltTexts(board);
  return 'reboot';
}

/** Words as ksh(1) makes them: quotes, `$?`, and `*` in names of files that are there. */
function wordsOf(command: string, status: number, { files }: Ramdisk): readonly string[] {
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.flatMap((word) => {
    const text = word.replaceAll('$?', String(status)).replace(/'([^']*)'|"([^"]*)"/g, '$1$2');
    if (!/\*/.test(word) || /['"]/.test(word)) return [text];
    const pattern = new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`);
    const found = Object.keys(files).filter((path) => pattern.test(path));
    return found.length === 0 ? [text] : found.sort();
  });
}

async function typed(board: Board): Promise<string> {
  try {
    return (await board.readLine()) ?? '';
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    board.print('\n');
    return '';
  }
}
