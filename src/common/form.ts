/**
 * Forms that the configuration and the inventory both accept, and the way in which a refused value is shown.
 */

/** An OpenBSD release: `7.6`. */
export const RELEASE = /^[1-9]\d?\.\d$/;
/** A selection for the installer's question `Set name(s)`: `-game*`, `+site*`, `bsd`. */
export const SET_PATTERN = /^[-+]?[A-Za-z0-9.*_][A-Za-z0-9.*_-]{0,62}$/;
/** A file below /usr/share/zoneinfo: `Europe/Amsterdam`, `Etc/GMT+1`. */
export const TIMEZONE = /^[A-Za-z0-9_+-]{1,30}(\/[A-Za-z0-9_+-]{1,30}){0,2}$/;

/** What ftp(1) fetches, as the installer may be answered with it. */
export const URL_OF_FILE = /^(https?|ftp|file):\/\/[\x21-\x7e]{1,240}$/;

/** `2024-02-29`, a day of the calendar. */
export function isDate(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

const SIZE = /^([1-9]\d{0,6})([MG])$/i;

/** @returns MiB of a size as vmctl(8) writes it (`512M`, `20G`), or null. */
export function parseSize(text: string): number | null {
  const [, digits, unit] = SIZE.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  return Number(digits) * (unit.toUpperCase() === 'G' ? 1024 : 1);
}

/** The shortest exact form of a size in MiB: `1536M`, `20G`. */
export function renderSize(mebibytes: number): string {
  return mebibytes > 0 && mebibytes % 1024 === 0 ? `${mebibytes / 1024}G` : `${mebibytes}M`;
}

const SHOWN = 60;

/**
 * A value as it may be shown in a message on a terminal: quoted, with everything invisible escaped (control
 * characters, direction marks), and cut where it is long.
 */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = (JSON.stringify(value) ?? String(value)).replace(/[\p{C}\p{Z}]/gu, (char) =>
    char === ' ' ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
  const characters = [...text];
  return characters.length > SHOWN ? `${characters.slice(0, SHOWN).join('')}...` : text;
}
