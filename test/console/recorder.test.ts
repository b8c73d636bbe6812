import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRecorder, type Recorder } from '../../console/io/recorder.ts';
import { parseTranscript } from '../../console/transcript.ts';
import { OperatorError } from '../../src/common/error.ts';
import { type Log, SILENT_LOG } from '../../src/common/port.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeLine } from '../fakes/line.ts';

let directory = '';
let count = 0;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-recorder-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (path: string) => parseTranscript(readFileSync(path, 'utf8'), path);

async function open(extra: { path?: string; secrets?: readonly string[]; limit?: number; log?: Log } = {}) {
  count += 1;
  const path = join(directory, `${count}.cast`);
  const clock = new FakeClock(1_700_000_000_000);
  const recorder: Recorder = await openRecorder({
    path,
    clock,
    cols: 80,
    rows: 24,
    title: 'a console',
    ...extra,
  });
  return { path, clock, recorder };
}

it('records what a line prints and what is typed, when it happened', async () => {
  const { path, clock, recorder } = await open();
  const line = new FakeLine();
  const detach = recorder.attach(line);
  clock.advance(1500);
  line.emit('login: ');
  clock.advance(250);
  recorder.typed('root\r', false);
  recorder.typed('hunter22\r', true);
  detach();
  line.emit('not recorded');
  await recorder.close();
  await recorder.close();
  expect(read(path)).toEqual({
    header: { width: 80, height: 24, timestamp: 1_700_000_000, title: 'a console', env: { TERM: 'vt220' } },
    events: [
      { at: 1.5, code: 'o', text: 'login: ' },
      { at: 1.75, code: 'i', text: 'root\r' },
      { at: 1.75, code: 'i', text: '***\r' },
    ],
    truncated: false,
  });
});

it('is readable by its user alone', async () => {
  const { path, recorder } = await open();
  await recorder.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('has written what came before while it goes on', async () => {
  const { path, recorder } = await open();
  recorder.output(bytes('first'));
  await expect.poll(() => readFileSync(path, 'utf8')).toContain('first');
  await recorder.close();
});

it('joins characters that arrive in pieces, and replaces what is no text', async () => {
  const { path, recorder } = await open();
  for (const byte of bytes('ü🐡')) recorder.output(Uint8Array.of(byte));
  recorder.output(Uint8Array.of(0xff, 0x41));
  recorder.output(Uint8Array.of(0xc3));
  await recorder.close();
  expect(read(path).events.map(({ text }) => text)).toEqual(['ü', '🐡', '\ufffdA', '\ufffd']);
});

it('keeps secrets out, even where they are echoed in pieces', async () => {
  const { path, recorder } = await open({ secrets: ['hunter22'] });
  for (const piece of ['hunter22 ', 'hun', 'ter22', ' hunt', 'ing hu']) recorder.output(bytes(piece));
  await recorder.close();
  expect(
    read(path)
      .events.map(({ text }) => text)
      .join(''),
  ).toBe('*** *** hunting hu');
});

it('refuses a file that cannot be made', async () => {
  await expect(open({ path: '/nowhere/x.cast' })).rejects.toThrow(OperatorError);
  await expect(open({ path: '/nowhere/x.cast' })).rejects.toThrow(/cannot write \/nowhere\/x\.cast/);
});

it.runIf(existsSync('/dev/full'))('tells once that the disk is full, and goes on', async () => {
  const warnings: string[] = [];
  const log: Log = { ...SILENT_LOG, warn: (event) => warnings.push(event) };
  const { recorder } = await open({ path: '/dev/full', log });
  for (let index = 0; index < 20; index += 1) {
    recorder.output(bytes('more'));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await recorder.close();
  expect(warnings).toEqual(['recording.failed']);
});

it('stops at its limit, and says so', async () => {
  const warnings: string[] = [];
  const log: Log = { ...SILENT_LOG, warn: (event) => warnings.push(event) };
  const { path, recorder } = await open({ limit: 200, log });
  for (let index = 0; index < 20; index += 1) recorder.output(bytes('0123456789'.repeat(5)));
  await recorder.close();
  expect(read(path).events.length).toBe(3);
  expect(warnings).toEqual(['recording.full']);
});
