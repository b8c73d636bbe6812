/** One VM as `vmctl status` shows it. */
export interface StatusRow {
  readonly id: number;
  /** Null while it is stopped. */
  readonly pid: number | null;
  readonly memoryMiB: number;
  /** Memory that it has touched; null while it is stopped. */
  readonly usedBytes: number | null;
  /** `ttyp3`; null while it is stopped. */
  readonly tty: string | null;
  /** `user`, `user:group` or `:group`. */
  readonly owner: string;
  readonly state: 'running' | 'stopping' | 'stopped';
  readonly name: string;
}

/** vmctl(8)'s table. The OWNER column is cut to 15 characters and may then still overflow its 12. */
export function renderStatus(rows: readonly StatusRow[]): string {
  const head = columns('ID', 'PID', 'VCPUS', 'MAXMEM', 'CURMEM', 'TTY', 'OWNER', 'STATE', 'NAME');
  const lines = rows.map((row) =>
    columns(
      String(row.id),
      row.pid === null ? '-' : String(row.pid),
      '1',
      scaled(row.memoryMiB * 1024 ** 2),
      row.usedBytes === null ? '-' : scaled(row.usedBytes),
      row.tty ?? '-',
      row.owner.slice(0, 15),
      row.state,
      row.name,
    ),
  );
  return [head, ...lines, ''].join('\n');
}

const WIDTHS = [5, 5, 5, 7, 7, 7, 12, 8] as const;

function columns(...cells: readonly string[]): string {
  return cells.map((cell, index) => cell.padStart(WIDTHS[index] ?? 0)).join(' ');
}

/** fmt_scaled(3): `512M`, `1.0G`, `20.0G`. */
export function scaled(bytes: number): string {
  if (bytes === 0) return '0B';
  const power = Math.min(6, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  const unit = 'BKMGTPE'.charAt(power);
  return power === 0 || value >= 100 ? `${Math.round(value)}${unit}` : `${value.toFixed(1)}${unit}`;
}
