/** Messages that the kernel writes into whatever stands on the console just then. */

/**
 * How the message of a device begins that comes, goes or complains: `sd1 at scsibus3 targ 0`, `umass0 detached`,
 * `em0: watchdog timeout`. Only the last two letters of its name, which keeps the search short. Source: autoconf(9).
 */
const DEVICE_MESSAGE = /(?<!\/dev\/r?)[a-z]{2}\d{1,3}[a-p]?(?::\d+)?(?: at [a-z]+\d| detached|: \S)/;
/** One of a few others. Sources: dmesg(8), the recordings. */
const OTHER_MESSAGE =
  /syncing disks|\/\S*: (?:file system full|optimization changed)|uid \d+ on \/|arp(?:: |info_)|nfs server \S|WARNING: /;
/** What each of them holds. */
const OTHER_KEY =
  /syncing disks|: file system full|: optimization changed|uid \d|arp(?:: |info_)|nfs server |WARNING: /;

/** The longest name of a device that is looked for, and the shortest; without its number. */
const [LONGEST_NAME, SHORTEST_NAME] = [16, 2];

/** Where a kernel's message begins in a line, or its device's name may begin; -1 where there is none. */
function messageAt(line: string): number {
  const device = deviceAt(line);
  if (device === 0) return 0;
  const other = OTHER_KEY.test(line) ? line.search(OTHER_MESSAGE) : -1;
  return device < 0 || other < 0 ? Math.max(device, other) : Math.min(device, other);
}

function deviceAt(line: string): number {
  let at = line.search(DEVICE_MESSAGE);
  const earliest = Math.max(0, at + SHORTEST_NAME - LONGEST_NAME);
  while (at > earliest && isLetter(line.charCodeAt(at - 1))) at -= 1;
  return at;
}

const isLetter = (code: number): boolean => code >= 97 && code <= 122;

/** The kernel's message overwrote what stood on the line, or had it for itself. */
export const isMessage = (line: string): boolean => messageAt(line) === 0;

/** Lines that the installer prints again together with a prompt that it draws again (`ask_which`). */
const REPRINTED = /^Available /;

/** Such a line between two prompts does not tell that the first one was answered. */
export const saysNothing = (line: string): boolean => line === '' || REPRINTED.test(line) || isMessage(line);

/** Devices that come and go, or complain, while a system is installed. The longest name that fits is the likely one. */
const DEVICES: ReadonlySet<string> = new Set(
  (
    'sd wd cd fd st uk ch ses nvme ahci pciide scsibus atapiscsi umass uhub usb ehci xhci ohci uhci uhidev ukbd ums ugen ' +
    'vio vioblk vioscsi viornd vmmci virtio em ix ixl igc bge bnx re rl mcx vmx axe ure cdce iwm iwx iwn athn urtwn ' +
    'softraid vscsi tty com pckbd wskbd wsmouse wsdisplay drm inteldrm radeondrm azalia audio uaudio acpi cpu ppb pci'
  ).split(' '),
);

/** More of them are not tried. */
const MOST_HEADS = 64;

/** Where the kernel broke into a line, -1 where it did not; what it says when it stops is a line of its own. */
export function brokenAt(line: string): number {
  const at = messageAt(line);
  return at >= 0 && line.includes('panic: ') ? -1 : at;
}

/**
 * Beginnings of a line whose rest is awaited, once the kernel broke into another one: the likeliest first.
 * @param heads of the lines before
 * @param at where it broke in
 */
export function furtherHeads(heads: readonly string[], line: string, at: number): readonly string[] {
  const own = headsOf(line, at);
  if (own.length === 0) return heads;
  const further =
    at === 0 ? [...heads, ...own] : [...heads.flatMap((head) => own.map((more) => head + more)), ...own];
  return further.slice(0, MOST_HEADS);
}

/** What may have been printed before the kernel's message: where a word ends and a device's name begins does not show. */
function headsOf(line: string, at: number): readonly string[] {
  const [name = ''] = NAME.exec(line.slice(at, at + LONGEST_NAME + 1)) ?? [];
  // A message on a line of its own, as most are.
  if (at === 0 && DEVICES.has(name)) return [];
  const all = Array.from({ length: Math.max(0, name.length - SHORTEST_NAME) + 1 }, (_, more) => more);
  const likely = all.filter((more) => DEVICES.has(name.slice(more)));
  return [...new Set([...likely, ...all])]
    .filter((more) => at + more > 0)
    .map((more) => line.slice(0, at + more));
}

/** Of a device, with the digit behind it. */
const NAME = /^[a-z]+(?=\d)/;

/** So many lines back a message may have broken into the present line. */
const LINES_BACK = 6;

/**
 * What may have been printed on the present line before the kernel broke in.
 * @param lines completed ones, the latest last
 */
export function tornHeads(lines: readonly string[]): readonly string[] {
  let heads: readonly string[] = [];
  for (const line of lines.slice(-LINES_BACK)) {
    const at = brokenAt(line);
    heads = at < 0 ? [] : furtherHeads(heads, line, at);
  }
  return heads;
}
