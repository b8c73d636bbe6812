import type { TranscriptEvent } from '../../console/transcript.ts';

/** @param pieces of one output, in order */
const cutting =
  (pieces: (text: string) => readonly string[]) =>
  (events: readonly TranscriptEvent[]): readonly TranscriptEvent[] =>
    events.flatMap((event) =>
      event.code === 'o' && event.text !== ''
        ? pieces(event.text).map((text) => ({ ...event, text }))
        : [event],
    );

/** One character at a time. */
export const characters = cutting((text) => [...text]);

/** Cuts at random: each number says how far the next piece reaches. */
export function chunks(
  events: readonly TranscriptEvent[],
  lengths: readonly number[],
): readonly TranscriptEvent[] {
  let turn = 0;
  return cutting((text) => {
    const pieces: string[] = [];
    for (let at = 0; at < text.length; ) {
      const length = lengths[turn++ % lengths.length] ?? 1;
      pieces.push(text.slice(at, at + length));
      at += length;
    }
    return pieces;
  })(events);
}

const KERNEL = [
  'sd1 at scsibus2 targ 1 lun 0: <SanDisk, Cruzer Blade, 1.27> removable',
  'uhub0: device problem, disabling port 2',
  'em0: watchdog: head 17 tail 81 TDH 17 TDT 81',
  'wd0a: soft error reading fsbn 64 of 64-127 (wd0 bn 64; cn 0 tn 1 sn 1), retrying',
];

/** Puts the kernel's words behind completed lines. */
export function interrupted(
  events: readonly TranscriptEvent[],
  after: readonly number[],
): readonly TranscriptEvent[] {
  let line = 0;
  return cutting((text) => [
    text.replace(/[^\n]*\n/g, (completed) => {
      const message = KERNEL[(after[line++ % after.length] ?? 99) % 12];
      return message === undefined ? completed : `${completed}${message}\r\n`;
    }),
  ])(events);
}

/** Where userland writes, and a kernel runs that may write into it: elsewhere its messages cannot land. */
const FROM_USERLAND = /Welcome to the OpenBSD|Automatic boot in progress/;
const NOT_USERLAND = /syncing disks|kernel: |rebooting\.\.\.|>> OpenBSD|panic: |Stopped at|ddb\S*> |halted\./;
/** Seconds after which the installer notices a new message of the kernel. */
const NOTICED = 0.5;

/**
 * Breaks one whole message of the kernel into the output at each of the places, wherever that is in a line.
 * @param places of 0 to 1, of all characters that userland wrote
 * @param redraws whether the installer draws this open line again, because a message came while it waited there
 */
export function brokenInto(
  events: readonly TranscriptEvent[],
  places: readonly number[],
  redraws: (line: string) => boolean,
): readonly TranscriptEvent[] {
  const cells = userland(events);
  const marks = new Map(places.map((place, turn) => [Math.floor(place * cells.length), turn]));
  const broken = new Map([...marks].flatMap(([index, turn]) => [[cells[index] ?? '', turn] as const]));
  const result: TranscriptEvent[] = [];
  let later = 0;
  let [line, torn] = ['', false];
  events.forEach((event, index) => {
    if (event.code === 'i' && torn && redraws(line)) {
      result.push({ at: event.at + later + NOTICED, code: 'o', text: line });
      later += 2 * NOTICED;
    }
    if (event.code === 'i') torn = false;
    if (event.code !== 'o') {
      result.push({ ...event, at: event.at + later });
      return;
    }
    let text = '';
    [...event.text].forEach((char, offset) => {
      const turn = broken.get(`${index}:${offset}`);
      if (turn !== undefined) {
        text += `${KERNEL[turn % KERNEL.length] ?? ''}\r\n`;
        torn = true;
      }
      text += char;
      line = char === '\n' ? '' : line + char;
      if (char === '\n') torn = false;
    });
    result.push({ ...event, at: event.at + later, text });
  });
  return result;
}

/** Each character that userland wrote, as `event:offset`. */
function userland(events: readonly TranscriptEvent[]): readonly string[] {
  const cells: string[] = [];
  let [inside, line] = [false, ''];
  let current: string[] = [];
  events.forEach(({ code, text }, index) => {
    if (code !== 'o') return;
    [...text].forEach((char, offset) => {
      line += char;
      current.push(`${index}:${offset}`);
      if (char !== '\n') return;
      if (NOT_USERLAND.test(line)) inside = false;
      else if (inside || FROM_USERLAND.test(line)) {
        if (inside) cells.push(...current);
        inside = true;
      }
      [line, current] = ['', []];
    });
  });
  return inside && !NOT_USERLAND.test(line) ? [...cells, ...current] : cells;
}
