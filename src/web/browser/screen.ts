import type { ITerminalInitOnlyOptions, ITerminalOptions, Terminal } from '@xterm/xterm';

/** Font sizes in CSS pixels: below the first nothing can be read, above the last nothing is gained. */
const SMALLEST = 5;
const LARGEST = 17;
/** Share of the window's height that the terminal may take, so that what is around it stays in sight. */
const TALLEST = 0.72;

/** Colours that stay apart on a dark ground, also for the colour-blind; the terminal is dark in every theme. */
export const TERMINAL_OPTIONS: ITerminalOptions & ITerminalInitOnlyOptions = {
  cols: 80,
  rows: 24,
  scrollback: 1000,
  disableStdin: true,
  cursorInactiveStyle: 'block',
  fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace',
  lineHeight: 1.15,
  // A guest may print links; nobody should follow them from here.
  linkHandler: { activate: () => undefined },
  theme: {
    background: '#0d0f13',
    foreground: '#d9dee7',
    cursor: '#f2b84b',
    selectionBackground: '#3d4a63',
    black: '#0d0f13',
    red: '#f27a70',
    green: '#86c98a',
    yellow: '#e8c268',
    blue: '#79b0f0',
    magenta: '#cf9be8',
    cyan: '#6cc9c9',
    white: '#d9dee7',
    brightBlack: '#7a8494',
    brightRed: '#ff9a91',
    brightGreen: '#a6e0a8',
    brightYellow: '#ffdb8a',
    brightBlue: '#a3caff',
    brightMagenta: '#e2bdf5',
    brightCyan: '#95e3e3',
    brightWhite: '#ffffff',
  },
};

/**
 * Chooses the largest font with which all columns fit. The columns stay as they are: a guest draws for 80, so
 * fitting the columns to the window would break its lines.
 */
export function fitFont(terminal: Terminal, place: HTMLElement): void {
  const drawn = terminal.element?.querySelector('.xterm-screen');
  if (!(drawn instanceof HTMLElement) || drawn.clientWidth === 0 || place.clientWidth === 0) return;
  const size = terminal.options.fontSize ?? LARGEST;
  const byWidth = (size * place.clientWidth) / drawn.clientWidth;
  const byHeight = (size * innerHeight * TALLEST) / drawn.clientHeight;
  // Quarter steps, or rounding would make two sizes alternate for ever.
  const fitting = Math.floor(Math.min(byWidth, Math.max(byHeight, 11), LARGEST) * 4) / 4;
  if (Math.abs(fitting - size) >= 0.25) terminal.options.fontSize = Math.max(SMALLEST, fitting);
}
