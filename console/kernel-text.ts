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

/** Devices that come and go, or complain, while a system is installed. The longest name that fits is the likely one. */
const DEVICES = (
  'sd wd cd fd st uk ch ses nvme ahci pciide scsibus atapiscsi umass uhub usb ehci xhci ohci uhci uhidev ukbd ums ugen ' +
  'vio vioblk vioscsi viornd vmmci virtio em ix ixl igc bge bnx re rl mcx vmx axe ure cdce iwm iwx iwn athn urtwn ' +
  'softraid vscsi tty com pckbd wskbd wsmouse wsdisplay drm inteldrm radeondrm azalia audio uaudio acpi cpu ppb pci'
).split(' ');

/** More of them are not tried. */
const MOST_HEADS = 64;

/** Where the kernel broke into a line, -1 where it did not; what it says when it stops is a line of its own. */
function brokenAt(line: string): number {
  return line.includes('panic: ') ? -1 : line.search(MESSAGE);
}

/** What a completed line says, once what the kernel broke apart is put together. */
export interface Rejoined {
  /** The kernel's own words, or none. */
  readonly message: string | null;
  /** What the line may say as a whole, the likeliest first; none while its rest is awaited. */
  readonly texts: readonly string[];
  /** Beginnings that still wait for their rest. */
  readonly heads: readonly string[];
}

/** @param heads of the lines before */
export function rejoin(heads: readonly string[], line: string): Rejoined {
  const at = brokenAt(line);
  if (at < 0) return { message: null, texts: [...heads.map((head) => head + line), line], heads: [] };
  const own = headsOf(line);
  const further =
    at === 0 ? [...heads, ...own] : [...heads.flatMap((head) => own.map((more) => head + more)), ...own];
  return { message: line.slice(at), texts: [], heads: further.slice(0, MOST_HEADS) };
}

/** What may have been printed before the kernel's message: where a word ends and a device's name begins does not show. */
function headsOf(line: string): readonly string[] {
  const found = MESSAGE.exec(line);
  if (found === null) return [];
  const name = found[1] ?? '';
  const known = DEVICES.filter((device) => name.endsWith(device)).sort((a, b) => b.length - a.length);
  const likely = known.map((device) => name.length - device.length);
  // A message on a line of its own, as most are.
  if (found.index === 0 && likely.includes(0)) return [];
  const all = Array.from({ length: Math.max(0, name.length - SHORTEST_NAME) + 1 }, (_, more) => more);
  return [...new Set([...likely, ...all])]
    .filter((more) => found.index + more > 0)
    .map((more) => line.slice(0, found.index + more));
}

/** So many lines back a message may have broken into the present line. */
const LINES_BACK = 6;

/**
 * What may have been printed on the present line before the kernel broke in.
 * @param lines completed ones, the latest last
 */
export const tornHeads = (lines: readonly string[]): readonly string[] =>
  lines.slice(-LINES_BACK).reduce<readonly string[]>((heads, line) => rejoin(heads, line).heads, []);
