import { expect, it } from 'vitest';
import { type DriveEvent, type DriveFacts, type DriveResult, drive } from '../../console/io/driver.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeLine } from '../fakes/line.ts';

const FACTS: DriveFacts = { mode: 'auto', answers: [], location: null, until: 'congratulations' };
const WELCOME = '\r\nWelcome to the OpenBSD/amd64 7.6 installation program.\r\n';
const MENU = '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ';
const DONE = '\r\nCONGRATULATIONS! Your OpenBSD install has been successfully completed!\r\n';

function start(facts: Partial<DriveFacts> = {}) {
  const clock = new FakeClock(1_700_000_000_000);
  const line = new FakeLine();
  const events: DriveEvent[] = [];
  const typed: [string, boolean][] = [];
  const abort = new AbortController();
  let result: DriveResult | null = null;
  const done = drive({
    line,
    clock,
    facts: { ...FACTS, ...facts },
    recorder: { typed: (text, secret) => typed.push([text, secret]), mark: () => undefined },
    onEvent: (event) => events.push(event),
    signal: abort.signal,
  }).then((value) => {
    result = value;
    return value;
  });
  return { clock, line, events, typed, abort, done, result: () => result };
}

it('answers, ends with the install, and leaves the line open', async () => {
  const { clock, line, events, typed, done } = start();
  await clock.run(1_000);
  line.emit(WELCOME + MENU);
  expect(line.written).toBe('a');
  line.emit('a');
  await clock.run(2_000);
  expect(line.written).toBe('a\r');
  line.emit(`\r\nPerforming non-interactive install...\r\n${DONE}syncing disks... done\r\n`);
  const result = await done;
  expect(result).toMatchObject({ outcome: 'installed', reason: null, release: '7.6' });
  expect(result.prompts).toEqual([{ at: 1, name: 'menu', text: MENU.trimEnd(), answer: 'a' }]);
  expect(result.phases).toEqual([
    { name: 'menu', at: 1 },
    { name: 'questions', at: 3 },
    { name: 'done', at: 3 },
    { name: 'reboot', at: 3 },
  ]);
  expect(typed).toEqual([['a\r', false]]);
  expect(events.at(-1)).toEqual({ kind: 'outcome', outcome: 'installed', reason: null });
  expect({ listeners: line.listeners, timers: clock.pending }).toEqual({ listeners: 0, timers: 0 });
});

it.each([
  ['a colour behind it', 'login: \x1b[m'],
  ['a kernel message within it', `${MENU.slice(0, 20)}sd1 detached\r\n${MENU.slice(20)}`],
  ['its line begun before', MENU],
])('does not leave a prompt waiting for long that has %s', async (_, output) => {
  const { clock, line, events } = start();
  line.emit(WELCOME);
  for (const char of output) line.emit(char);
  await clock.run(1_200);
  expect(events.map(({ kind }) => kind)).toContain('prompt');
});

it('types a long answer in bursts that a slow UART can take', async () => {
  const location = `http://10.0.0.1/r/${'T'.repeat(40)}/install.conf`;
  const { clock, line } = start({ location });
  const bursts: number[] = [];
  line.onWrite = (text) => {
    bursts.push(text.length);
    line.emit(text);
  };
  line.emit(`${WELCOME}Response file location? `);
  await clock.run(149);
  expect(line.written).toBe('');
  await clock.run(1_000);
  expect(line.written).toBe(`${location}\r`);
  expect(bursts).toEqual([16, 16, 16, 16, 7, 1]);
});

it('ends when the console closes, with the end of its text', async () => {
  const { line, done } = start();
  line.emit(`${WELCOME}cu: got hangup on line\r\n`);
  line.end({ exitCode: 1, signal: null });
  const result = await done;
  expect(result).toMatchObject({ outcome: 'incomplete', reason: 'the console closed in phase menu' });
  expect(result.tail).toContain('cu: got hangup on line');
});

it('steps aside at once when it is told to', async () => {
  const { clock, line, abort, done } = start();
  line.emit(WELCOME);
  abort.abort();
  line.emit(MENU);
  expect(await done).toMatchObject({ outcome: 'incomplete', reason: 'the drive was interrupted' });
  expect({ written: line.written, timers: clock.pending }).toEqual({ written: '', timers: 0 });
});

it('ends a stall by its own timer', async () => {
  const { clock, line, result } = start();
  line.emit('OpenBSD 7.6 (RAMDISK_CD) #1: x\r\n');
  await clock.run(179_000);
  expect(result()).toBeNull();
  await clock.run(2_000);
  expect(result()).toMatchObject({
    outcome: 'failed',
    reason: 'stalled in phase kernel: nothing new for 180 s',
  });
});

it('decodes characters that arrive in pieces', async () => {
  const { line, done } = start();
  const bytes = new TextEncoder().encode('Grüße 🐡');
  for (const byte of bytes) line.emit(Uint8Array.of(byte));
  line.end();
  expect((await done).tail).toBe('Grüße 🐡');
});

it('asks nothing of a machine that its watchdog rebooted, ends at once, and says so in the recording', async () => {
  const clock = new FakeClock(0);
  const line = new FakeLine();
  const kept: string[] = [];
  const recorder = { typed: () => undefined, mark: (text: string) => void kept.push(text) };
  const done = drive({ line, clock, facts: FACTS, recorder, evidence: true });
  line.emit(`${WELCOME}Performing non-interactive upgrade...\r\nInstalling base76.tgz  40% WATCHDOG\r\n`);
  const { outcome, evidence } = await done;
  expect(outcome).toBe('failed');
  expect(evidence).toEqual({ sections: [], cut: 'the machine rebooted', stands: null });
  expect(kept).toEqual(['collecting evidence', 'no evidence: the machine rebooted']);
  expect({ written: line.written, timers: clock.pending }).toEqual({ written: '', timers: 0 });
});

it('asks a machine that failed, keeps what it typed apart by a mark, and ends with the evidence', async () => {
  const clock = new FakeClock(1_700_000_000_000);
  const line = new FakeLine();
  const kept: string[] = [];
  const recorder = {
    typed: (text: string) => void kept.push(text),
    mark: (text: string) => void kept.push(text),
  };
  const done = drive({ line, clock, facts: FACTS, recorder, evidence: true });
  line.emit(`${WELCOME}panic: it is broken\r\nddb> `);
  line.onWrite = (text) => line.emit(text === '\r' ? '\r\nnothing\r\nddb> ' : text);
  await clock.run(5_000);
  const { outcome, evidence } = await done;
  expect(outcome).toBe('failed');
  expect(evidence?.sections.map(({ command, text }) => `${command}: ${text}`)).toEqual([
    'trace: nothing',
    'ps: nothing',
    'show registers: nothing',
  ]);
  expect(kept).toEqual(['collecting evidence', 'trace\r', 'ps\r', 'show registers\r']);
  expect({ listeners: line.listeners, timers: clock.pending }).toEqual({ listeners: 0, timers: 0 });
});
