import { runMachine } from '../guest/machine.ts';
import { bootSource, openBoard } from './board.ts';
import { parseGuestParameters } from './guest-parameters.ts';

/** The process of one running VM, on a pty of the daemon. `argv[2]` is GuestParameters as JSON. */
const parameters = parseGuestParameters(process.argv[2] ?? '');
const board = openBoard(parameters);

/** vmmci(4) asks for a shutdown. */
process.on('SIGTERM', () => {
  board.print('\nsyncing disks... done\nAttempting to power down...\n');
  process.exit(0);
});

await board.terminal('off');
const { kernel, rom, options } = parameters;
await runMachine(board, rom && kernel !== null ? { kind: 'network' } : bootSource(kernel, options.release));
