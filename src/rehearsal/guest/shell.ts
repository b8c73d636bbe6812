import { type Board, Interrupted } from './board.ts';
import { haltTexts, rebootTexts } from './power.ts';

/**
 * The ramdisk's shell, as far as somebody at a console needs it there: the installer's log, and the ways out.
 * @param log text of /tmp/ai/ai.log, null where there is none
 */
export async function runShell(board: Board, log: string | null): Promise<'exit' | 'reboot'> {
  for (;;) {
    board.print('# ');
    const line = await typed(board);
    const [command = '', ...args] = line.trim().split(/\s+/);
    if (command === '') continue;
    if (command === 'exit') return 'exit';
    if (command === 'reboot') {
      await rebootTexts(board);
      return 'reboot';
    }
    if (command === 'halt' && args[0] === '-p') {
      board.print('syncing disks... done\nAttempting to power down...\n');
      await board.powerOff();
    }
    if (command === 'halt') {
      await haltTexts(board);
      return 'reboot';
    }
    board.print(COMMANDS[command]?.(args, board, log) ?? `ksh: ${command}: not found\n`);
  }
}

type Command = (args: readonly string[], board: Board, log: string | null) => string;

const COMMANDS: Readonly<Record<string, Command>> = Object.assign(Object.create(null), {
  cat: (args, _board, log) => (args[0] === undefined ? '' : readLog('cat', args[0], log)),
  tail: (args, _board, log) => tail(args, log),
  echo: (args) => `${args.join(' ')}\n`,
  ifconfig: (_args, { facts }) =>
    `vio0: flags=8b43<UP,BROADCAST,RUNNING,PROMISC> mtu 1500\n\tlladdr ${facts.lladdr}\n`,
} satisfies Record<string, Command>);

function tail(args: readonly string[], log: string | null): string {
  const count = Number(/^-(?:n)?(\d+)$/.exec(args[0] ?? '')?.[1] ?? 10);
  const text = readLog('tail', args.at(-1) ?? '', log);
  const lines = text.split('\n');
  return lines.slice(-(count + 1)).join('\n');
}

function readLog(command: string, file: string, log: string | null): string {
  if (file !== '/tmp/ai/ai.log' || log === null) return `${command}: ${file}: No such file or directory\n`;
  // The genuine log is filtered: of a line that was drawn over, only the last state is kept.
  return log.replace(/[^\n]*\r/g, '');
}

async function typed(board: Board): Promise<string> {
  try {
    return (await board.readLine()) ?? '';
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return '';
  }
}
