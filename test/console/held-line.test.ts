import { expect, it } from 'vitest';
import { type DriveEvent, type DriveFacts, drive } from '../../console/io/driver.ts';
import { holdLine } from '../../console/io/held-line.ts';
import { MANNERS } from '../../console/manner.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeLine } from '../fakes/line.ts';
import { Tty } from './machine.ts';

const WELCOME = '\r\nWelcome to the OpenBSD/amd64 7.6 installation program.\r\n';
const ANSWERS = [
  { key: 'System hostname', value: 'a-name-that-is-typed-in-several-bursts' },
  { key: 'Password for root account', value: 'hunter2hunter2', secret: true },
  { key: 'DNS domain name', value: 'example.net' },
];

/** A machine that asks one prompt after another, its tty echoing, with a driver and a human at its line. */
function stage(prompts: readonly string[], facts: Partial<DriveFacts> = {}) {
  const clock = new FakeClock(1_700_000_000_000);
  const line = new FakeLine();
  const tty = new Tty();
  const lines: string[] = [];
  const typed: string[] = [];
  const events: DriveEvent[] = [];
  const recorder = { typed: (text: string, secret: boolean) => void typed.push(secret ? '***' : text) };
  const held = holdLine({ line, clock, manner: MANNERS.vmd, recorder });
  const ask = (): void => {
    const prompt = prompts[lines.length] ?? 'Thanks.\r\n';
    tty.echoes = !/\((?:will not echo|again)\) $/.test(prompt);
    line.emit(prompt);
  };
  line.onWrite = (keys) => {
    for (const key of keys) {
      const { echo, line: entered } = tty.take(key);
      if (echo !== '') line.emit(echo);
      if (entered === null) continue;
      if (!tty.echoes) line.emit('\r\n');
      lines.push(entered);
      ask();
    }
  };
  const mode = {
    mode: 'type',
    answers: ANSWERS,
    location: null,
    until: 'congratulations',
    ...facts,
  } as const;
  const onEvent = (event: DriveEvent) => void events.push(event);
  void drive({ line: held.line, held, clock, facts: mode, recorder, onEvent });
  return {
    clock,
    line,
    held,
    lines,
    typed,
    events,
    begin: () => {
      line.emit(WELCOME);
      ask();
    },
    outcome: () => events.filter(({ kind }) => kind === 'outcome'),
  };
}

const HOSTNAME = "System hostname? (short form, e.g. 'foo') ";
const DOMAIN = "DNS domain name? (e.g. 'example.com') [my.domain] ";

it('the driver steps aside in the middle of an answer, and gives it again when nobody else has', async () => {
  const { clock, line, held, lines, begin } = stage([HOSTNAME, DOMAIN]);
  begin();
  await clock.run(160);
  expect(line.written).toBe('a-name-that-is-t');
  expect(held.take('anna', 'anna', false)).toBeNull();
  expect(line.written).toBe('a-name-that-is-t\x15\x15');
  await clock.run(60_000);
  expect(line.written).toBe('a-name-that-is-t\x15\x15');
  held.give('anna');
  await clock.run(5_000);
  expect(lines).toEqual(['a-name-that-is-typed-in-several-bursts', 'example.net']);
});

it('what a human has answered is not answered again, and his answer is not needed any more', async () => {
  const { clock, held, lines, begin } = stage([HOSTNAME, DOMAIN, HOSTNAME]);
  begin();
  await clock.run(100);
  held.take('anna', 'anna', false);
  held.keys('anna', 'by-hand\r');
  await clock.run(10_000);
  expect(lines).toEqual(['by-hand']);
  held.give('anna');
  await clock.run(10_000);
  expect(lines).toEqual(['by-hand', 'example.net']);
});

it('a prompt at which a human typed and did not end is left to him', async () => {
  const { clock, held, lines, begin } = stage([HOSTNAME, DOMAIN]);
  begin();
  held.take('anna', 'anna', false);
  held.keys('anna', 'half');
  held.give('anna');
  await clock.run(60_000);
  expect(lines).toEqual([]);
});

it('an unanswered prompt that came while a human held the line is answered afterwards', async () => {
  const { clock, line, held, lines, begin } = stage([HOSTNAME, DOMAIN]);
  held.take('anna', 'anna', false);
  begin();
  await clock.run(600_000);
  expect(line.written).toBe('');
  held.give('anna');
  await clock.run(10_000);
  expect(lines).toEqual(['a-name-that-is-typed-in-several-bursts', 'example.net']);
});

it('a password that was interrupted is typed again, whole', async () => {
  const { clock, held, lines, begin } = stage(['Password for root account? (will not echo) ', DOMAIN]);
  begin();
  await clock.run(151);
  held.take('anna', 'anna', false);
  held.give('anna');
  await clock.run(60_000);
  expect(lines[0]).toBe('hunter2hunter2');
});

it('an unknown question waits for a human, who sees it and answers it', async () => {
  const { clock, held, lines, events, begin } = stage(['Colour of the bikeshed? ', DOMAIN]);
  begin();
  await clock.run(60_000);
  expect(events.at(-1)).toMatchObject({ kind: 'prompt', text: 'Colour of the bikeshed?', answer: null });
  held.take('anna', 'anna', false);
  held.keys('anna', 'green\r');
  expect(events.some(({ kind }) => kind === 'moved-on')).toBe(true);
  held.give('anna');
  await clock.run(10_000);
  expect(lines).toEqual(['green', 'example.net']);
});

it('nothing fails while a human may be mending it, and what he mended has not failed', async () => {
  const { clock, line, held, begin, outcome } = stage([HOSTNAME], { mode: 'auto' });
  begin();
  held.take('anna', 'anna', false);
  line.emit('\r\nPerforming non-interactive install...\r\nfailed; check /tmp/ai/ai.log\r\n');
  await clock.run(600_000);
  expect(outcome()).toEqual([]);
  line.emit('Performing non-interactive install...\r\n');
  line.emit(
    'CONGRATULATIONS! Your OpenBSD install has been successfully completed!\r\nsyncing disks... done\r\n',
  );
  expect(outcome()).toMatchObject([{ outcome: 'installed' }]);
});

it('what nobody mended is told when the line is given back', async () => {
  const { line, held, begin, outcome } = stage([HOSTNAME], { mode: 'auto' });
  begin();
  held.take('anna', 'anna', false);
  line.emit('\r\nPerforming non-interactive install...\r\nfailed; check /tmp/ai/ai.log\r\n');
  held.give('anna');
  expect(outcome()).toMatchObject([{ outcome: 'failed' }]);
});

it('keeps of what a human types only what the console shows', async () => {
  const { clock, held, typed, begin } = stage([
    'Colour? ',
    'Secret word (will not echo) ',
    'Password again? (will not echo) ',
    'Done? ',
  ]);
  begin();
  held.take('anna', 'anna', false);
  for (const keys of ['green\r', 'hidden-one\r', 'hidden-two\r', 'y']) {
    held.keys('anna', keys);
    await clock.run(1_000);
  }
  expect(typed.join('')).toBe('green\r***\r***\ry');
});

it('two humans: the second is told, and takes over on purpose; the first types nothing more', async () => {
  const { line, held } = stage([HOSTNAME]);
  const changes: unknown[] = [];
  held.onHolder(({ holder, left }) => void changes.push([holder?.name ?? null, left?.why ?? null]));
  expect(held.take('1', 'anna', false)).toBeNull();
  expect(held.take('2', 'bob', false)).toBe('held');
  expect(held.take('2', 'bob', true)).toBeNull();
  expect(held.keys('1', 'x')).toBe('not-holding');
  expect(held.keys('2', 'y')).toBeNull();
  expect(line.written).toBe('y');
  line.end();
  await line.closed;
  expect(changes).toEqual([
    ['anna', null],
    ['bob', 'ousted'],
    ['bob', null],
    [null, 'given'],
  ]);
});

it('a lost connection gives the line back after a while', async () => {
  const { clock, held, lines, begin } = stage([HOSTNAME, DOMAIN]);
  begin();
  held.take('anna', 'anna', false);
  held.lost('anna');
  await clock.run(29_000);
  expect([held.holder?.name, lines]).toEqual(['anna', []]);
  await clock.run(20_000);
  expect([held.holder, lines.length]).toEqual([null, 2]);
});
