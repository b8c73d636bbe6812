import type { Terminal } from '@xterm/headless';

/**
 * Remembers what the emulator's own picture leaves out: the character sets, the scrolling region and a hidden
 * cursor (VT220 reference, chapter 4). Without them the bytes after the picture would be drawn differently.
 * @returns a function that gives the sequences to put behind the picture
 */
export function rememberModes(terminal: Terminal): () => string {
  const charsets = new Map<string, string>();
  let region = '';
  let cursor = '';
  const reset = () => {
    charsets.clear();
    region = '';
    cursor = '';
    return false; // The emulator's own handler goes on.
  };

  for (const [intermediates, final] of CHARSETS) {
    terminal.parser.registerEscHandler({ intermediates, final }, () => {
      charsets.set(intermediates, final === 'B' ? '' : `\x1b${intermediates}${final}`);
      return false;
    });
  }
  terminal.parser.registerCsiHandler({ final: 'r' }, ([top, bottom]) => {
    region = `\x1b[${Number(top ?? 0) || 1};${Number(bottom ?? 0) || terminal.rows}r`;
    if (region === `\x1b[1;${terminal.rows}r`) region = '';
    return false;
  });
  for (const final of ['h', 'l']) {
    terminal.parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
      if (modes.includes(25)) cursor = final === 'l' ? '\x1b[?25l' : '';
      return false;
    });
  }
  terminal.parser.registerEscHandler({ final: 'c' }, reset);
  terminal.parser.registerCsiHandler({ intermediates: '!', final: 'p' }, reset);

  return () => {
    const { cursorX, cursorY } = terminal.buffer.active;
    // DECSTBM moves the cursor home, so it is put back.
    const place = region === '' ? '' : `${region}\x1b[${cursorY + 1};${cursorX + 1}H`;
    return place + [...charsets.values()].join('') + cursor;
  };
}

/** Designations of G0 and G1: US-ASCII and the line drawing set, all that a console program uses. */
const CHARSETS = [
  ['(', 'B'],
  ['(', '0'],
  [')', 'B'],
  [')', '0'],
] as const;
