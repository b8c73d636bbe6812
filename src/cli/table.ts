/** Rows as lines of left-aligned columns, two blanks apart; the first row is the header. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** `2024-11-23 09:05:07Z` of milliseconds since the epoch. */
export function renderTime(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
}

/** Control sequences of ECMA-48: CSI, with its parameters; OSC, DCS and their kin, with their text; the rest. */
const SEQUENCES =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]/g;

/** What a guest's console printed, fit for a terminal: lines stay, control sequences and characters do not. */
export function printable(text: string): string {
  return text.replace(SEQUENCES, '').replace(/[^\n\P{C}]/gu, '');
}

const widthOf = (cell: string): number => [...cell].length;
