// What consoles print between two prompts, the same for the same seed.

/** Park and Miller's generator: numbers from 0 up to, but not including, 1. */
export function randomOf(seed) {
  let state = ((seed * 7919) % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

const DEVICES = ['sd', 'vio', 'em', 'pci', 'uhub', 'cpu', 'com', 'ahci', 'ppb', 'wd'];
const WORDS = [
  'at',
  'port',
  'irq',
  'rev',
  'address',
  'disk',
  'mounted',
  'link',
  'state',
  'size',
  'why?',
  'x]',
  'done.',
];

/** At least `length` characters of kernel messages, file names, sentences and progress bars, in whole lines. */
export function noiseOf(random, length) {
  const parts = [];
  for (let made = 0; made < length; ) {
    const line = LINES[Math.floor(random() * LINES.length)](random);
    parts.push(line);
    made += line.length;
  }
  return parts.join('');
}

const pick = (random, list) => list[Math.floor(random() * list.length)];
const number = (random, below) => Math.floor(random() * below);

const LINES = [
  (random) =>
    `${pick(random, DEVICES)}${number(random, 9)} at pci0 dev ${number(random, 31)} function 0 "Vendor ${number(random, 9999)}" rev 0x0${number(random, 9)}: apic ${number(random, 9)} int ${number(random, 24)}\r\n`,
  (random) =>
    `${pick(random, DEVICES)}${number(random, 9)}: ${number(random, 99999)}MB, 512 bytes/sector, ${number(random, 9999999)} sectors\r\n`,
  (random) =>
    `./usr/share/${pick(random, WORDS)}/${number(random, 1e6).toString(36)}/${pick(random, WORDS)}.${number(random, 9)}\r\n`,
  (random) => `${Array.from({ length: 4 + number(random, 10) }, () => pick(random, WORDS)).join(' ')}\r\n`,
  () =>
    `${Array.from({ length: 5 }, (_, step) => `\r/dev/rsd0${'abcdefgh'[step]}: ${step * 20}% ${'*'.repeat(step * 4)}`).join('')}\r\n`,
];

/** Cuts text into pieces of 1 to `most` characters. */
export function cut(random, text, most) {
  const pieces = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + number(random, most);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
