/** The operator's own terminal, while a console is shown on it. */
export interface OwnTerminal {
  write(bytes: string | Uint8Array): void;
  /** A line of our own, told apart from what the console prints. */
  say(text: string): void;
  /** As it was before; may be called again. */
  restore(): void;
}

/** Soft reset, alternate screen and mouse off, paste as it comes, cursor shown: whatever the guest left behind. */
const RESET = '\x1b[!p\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?25h\x1b[0m';
/** Of a console's screen. */
export const CLEAR = '\x1b[!p\x1b[2J\x1b[H';

/**
 * Takes the terminal over; with `onKeys` in raw mode, so that every key goes to the console. It is given back when
 * this process ends, whatever ends it but SIGKILL.
 */
export function takeTerminal(onKeys: ((keys: string) => void) | null): OwnTerminal {
  const { stdin, stdout, stderr } = process;
  const raw = onKeys !== null && stdin.isTTY;
  let restored = false;
  const keys = (data: Buffer) => onKeys?.(data.toString('utf8'));
  const restore = () => {
    if (restored) return;
    restored = true;
    process.removeListener('exit', restore);
    if (stdout.isTTY) stdout.write(`${RESET}\r\n`);
    if (raw) stdin.setRawMode(false);
    stdin.removeListener('data', keys).pause();
  };
  process.once('exit', restore);
  if (raw) stdin.setRawMode(true);
  if (onKeys !== null) stdin.on('data', keys).resume();
  return {
    write: (bytes) => void stdout.write(bytes),
    say: (text) => void stderr.write(stderr.isTTY ? `\r\n\x1b[7m ${text} \x1b[0m\r\n` : `${text}\n`),
    restore,
  };
}
