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
