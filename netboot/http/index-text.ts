/** A file beside the sets. */
export interface ListedFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** What the installer takes from a line; a name alone on its line it does not see. */
const NAMED = /^.* ([a-zA-Z][a-zA-Z0-9._-]+)$/;
/** Of a name with a blank it would take the end for another file. */
const FETCHED = /^[a-zA-Z][a-zA-Z0-9._-]+$/;
const SITE_SET = /^site\d+(-[A-Za-z0-9.-]+)?\.tgz$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * index.txt as the installer reads it: lines of `ls -lT`, whose last word is a name. A mirror's knows no site sets,
 * and what it does not name the installer does not see, so those that lie there are added; without one, all is.
 *
 * @param index the file as it is, null where there is none
 */
export function indexText(index: string | null, files: readonly ListedFile[]): string {
  const known = new Set((index ?? '').split('\n').map((line) => NAMED.exec(line)?.[1]));
  const missing = files.filter(({ name }) => FETCHED.test(name) && name !== 'index.txt' && !known.has(name));
  const added = index === null ? missing : missing.filter(({ name }) => SITE_SET.test(name));
  const head = index === null || index === '' || index.endsWith('\n') ? (index ?? '') : `${index}\n`;
  return head + added.map(lineOf).join('');
}

/** `-rw-r--r--  1 0  0  4721152 Oct  1 12:00:00 2024 bsd.rd` */
function lineOf({ name, size, modifiedAt }: ListedFile): string {
  const time = new Date(modifiedAt);
  const day = String(time.getUTCDate()).padStart(2);
  const clock = time.toISOString().slice(11, 19);
  const stamp = `${MONTHS[time.getUTCMonth()]} ${day} ${clock} ${time.getUTCFullYear()}`;
  return `-rw-r--r--  1 0  0  ${size} ${stamp} ${name}\n`;
}
