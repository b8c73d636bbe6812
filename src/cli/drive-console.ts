import { openAddress, parseConsoleAddress } from '../../console/io/address.ts';
import { openPty } from '../../console/io/pty.ts';
import { type ConsoleKind, kindOf } from '../../console/manner.ts';
import { OperatorError } from '../common/error.ts';
import type { Line } from '../common/line.ts';

/** Columns and rows, whatever the window is. */
export const SIZE = { cols: 80, rows: 24 } as const;

/** A socket of this machine is QEMU's. */
export function kindOfConsole(argv: readonly string[], connect: string | undefined): ConsoleKind {
  if (connect === undefined) return kindOf(argv);
  return connect.startsWith('unix:') ? 'qemu' : 'network';
}

/** @throws OperatorError USAGE unless exactly one console is named */
export function consoleOf(argv: readonly string[], connect: string | undefined): () => Promise<Line> {
  if ((connect === undefined) === (argv.length === 0)) {
    throw new OperatorError(
      'USAGE',
      'drive needs either a command behind `--`, or --connect with an address',
    );
  }
  if (connect === undefined) {
    return async () => openPty(argv, { env: { ...process.env, TERM: 'vt220' }, ...SIZE });
  }
  const address = parseConsoleAddress(connect);
  if (address === null) {
    throw new OperatorError(
      'USAGE',
      `--connect takes unix:/PATH or HOST:PORT, not ${JSON.stringify(connect)}`,
    );
  }
  return () => openAddress(address);
}
