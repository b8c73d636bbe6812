/**
 * What is to go wrong on the simulated host: ROOT/fail.json, a list of rows. The first row whose `command`,
 * a regular expression, fits the command's words joined by blanks is used up once for each `times`.
 */
export interface HostFault {
  readonly command: string;
  /**
   * `exit`: it fails with `status` and `stderr`; `hang`: it never ends; `drop`: the connection is lost;
   * `full`: the disk is full from here on; `slow`: it begins after `milliseconds`.
   */
  readonly do: 'exit' | 'hang' | 'drop' | 'full' | 'slow';
  /** The command is carried out before: only its answer is lost. */
  readonly after?: boolean;
  readonly status?: number;
  readonly stderr?: string;
  readonly milliseconds?: number;
  /** How many fitting commands go well before. */
  readonly skip?: number;
  /** How often; without it always. */
  readonly times?: number;
}

export interface Drawn {
  readonly fault: HostFault | null;
  /** The rows as they are from now on; null when nothing changed. */
  readonly rest: readonly HostFault[] | null;
}

/** @param line the command's words joined by blanks, without doas */
export function drawFault(rows: readonly HostFault[], line: string): Drawn {
  const at = rows.findIndex((row) => new RegExp(row.command).test(line));
  const row = rows[at];
  if (row === undefined) return { fault: null, rest: null };
  if ((row.skip ?? 0) > 0) return { fault: null, rest: rows.with(at, { ...row, skip: (row.skip ?? 0) - 1 }) };
  if (row.times === undefined) return { fault: row, rest: null };
  const times = row.times - 1;
  return { fault: row, rest: times > 0 ? rows.with(at, { ...row, times }) : rows.toSpliced(at, 1) };
}

/** @returns no rows for what is no such file */
export function parseFaults(text: string): readonly HostFault[] {
  try {
    const rows: unknown = JSON.parse(text);
    return Array.isArray(rows) ? (rows as HostFault[]) : [];
  } catch {
    return [];
  }
}
