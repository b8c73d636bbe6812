/** Messages that the kernel writes into whatever stands on the console just then. */

/**
 * How such a message begins: a device that comes, goes or complains (`sd1 at scsibus3 targ 0`, `umass0 detached`,
 * `em0: watchdog timeout`), or one of a few others. Sources: autoconf(9), dmesg(8), the recordings.
 */
const MESSAGE =
  /([a-z]{2,16})\d{1,3}[a-p]?(?::\d+)?(?: at [a-z]+\d| detached|: \S)|syncing disks|\/\S*: (?:file system full|optimization changed)|uid \d+ on \/|arp(?:: |info_)|nfs server \S|WARNING: /;

/** Lines that the installer prints again together with a prompt that it draws again (`ask_which`). */
const REPRINTED = /^Available /;

/** Such a line between two prompts does not tell that the first one was answered. */
export const saysNothing = (line: string): boolean =>
  line === '' || REPRINTED.test(line) || line.search(MESSAGE) === 0;

/** Of a device's name, without its number. */
const SHORTEST_NAME = 2;

/**
 * What may have been printed on the present line before the kernel broke in. More than one text, because where
 * a word ends and a device's name begins does not show.
 * @param lines completed ones, the latest last
 */
export function tornHeads(lines: readonly string[]): readonly string[] {
  const heads: string[] = [];
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    const found = MESSAGE.exec(line);
    if (found === null) break;
    const name = found[1] ?? '';
    for (let more = 0; more <= Math.max(0, name.length - SHORTEST_NAME); more += 1) {
      if (found.index + more > 0) heads.push(line.slice(0, found.index + more));
    }
    if (found.index > 0) break;
  }
  return heads;
}
