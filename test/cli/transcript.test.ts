import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { replayTranscript } from '../../console/replay.ts';
import { parseTranscript } from '../../console/transcript.ts';
import { cutTranscript, playedRaw, playedText } from '../../src/cli/transcript/cut.ts';
import { runEvidence, runExport, runList, runShow, transcriptCommand } from '../../src/cli/transcript.ts';
import { run } from './run.ts';

const FIXTURE = 'fixtures/transcripts/autoinstall-76.cast';
const ID = '0123456789abcdef';
let directory = '';
let recordings = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-transcript-'));
  recordings = join(directory, 'recordings');
  mkdirSync(recordings);
  const put = (name: string, fixture: string, at: number) => {
    copyFileSync(`fixtures/transcripts/${fixture}.cast`, join(recordings, name));
    utimesSync(join(recordings, name), at, at);
  };
  put(`web-1-${ID}.cast`, 'upgrade-76', 1_000);
  put(`web-${ID}.cast`, 'fail-noanswer-76', 2_000);
  put(`web-${ID}.2.cast`, 'autoinstall-76', 3_000);
  writeFileSync(join(recordings, `broken-${ID}.cast`), 'no recording\n');
  writeFileSync(join(recordings, 'notes.txt'), 'not mine');
  // A recording in the making: its last line is cut off.
  const whole = readFileSync('fixtures/transcripts/interactive-76.cast', 'utf8');
  writeFileSync(join(recordings, `live-${ID}.cast`), whole.slice(0, 9_000));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function printed(work: (print: (text: string) => void) => Promise<void>): Promise<string> {
  let text = '';
  await work((more) => {
    text += more;
  });
  return text;
}

it('lists recordings, oldest first, with size, duration and outcome', async () => {
  const list = JSON.parse(await printed((print) => runList(recordings, null, true, print)));
  const short = list.map(({ vm, outcome }: Record<string, unknown>) => `${vm} ${outcome}`);
  expect(short.slice(0, 3)).toEqual(['web-1 upgraded', 'web failed', 'web installed']);
  expect(short.slice(3).sort()).toEqual(['broken unreadable', 'live incomplete']);
  expect(list[2]).toMatchObject({ bytes: readFileSync(FIXTURE).length, release: '7.6', reason: null });
  expect(list[2].durationSeconds).toBeGreaterThan(10);
  expect(list[2].startedAt).toBeGreaterThan(1e12);
});

it('lists those of one VM, for a reader', async () => {
  const lines = (await printed((print) => runList(recordings, 'web', false, print))).trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^VM +STARTED +DURATION +SIZE +OUTCOME +FILE$/);
  expect(lines[1]).toContain('failed: Question has no answer in response file: "password for root account?"');
  expect(lines[2]).toMatch(/installed +\S+web-0123456789abcdef\.2\.cast$/);
});

it('lists consoles that somebody opened, which stand for a VM only where nothing else does', async () => {
  const name = 'only-console-20241001T101500.cast';
  const [only, beside] = [name, name.replace('only', 'web')].map((file) => join(recordings, file));
  for (const path of [only, beside]) copyFileSync('fixtures/transcripts/upgrade-76.cast', path ?? '');
  try {
    const lines = (await printed((print) => runList(recordings, 'web', false, print))).trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/ KiB +- +\S+web-console-20241001T101500\.cast$/);
    expect(JSON.parse(await printed((print) => runList(recordings, 'only', true, print)))).toMatchObject([
      { vm: 'only', of: 'console', outcome: null, reason: null, release: null },
    ]);
    const shown = (meant: string) => printed((print) => runShow(recordings, meant, {}, print));
    expect(await shown('only')).toContain('Your OpenBSD upgrade');
    expect(await shown('web')).toContain('Your OpenBSD install');
  } finally {
    for (const path of [only, beside]) rmSync(path ?? '');
  }
});

it('says that there are none yet', async () => {
  const text = await printed((print) => runList(join(directory, 'none'), null, false, print));
  expect(text).toBe(`no recordings yet in ${join(directory, 'none')}\n`);
  expect(await printed((print) => runList(join(directory, 'none'), null, true, print))).toBe('[]\n');
});

it.each([
  ['a VM, by its newest recording', 'web'],
  ['a path', FIXTURE],
  ['a name below the state directory', `web-${ID}.2.cast`],
])('shows %s', async (_, meant) => {
  const text = await printed((print) => runShow(recordings, meant, { text: true }, print));
  expect(text).toContain('\nCONGRATULATIONS! Your OpenBSD install has been successfully completed!\n');
  expect(text).not.toMatch(/[^\n\P{C}]/u);
});

it('shows a recording that is being made', async () => {
  expect(await printed((print) => runShow(recordings, 'live', { text: true }, print))).toContain(
    'Terminal type?',
  );
});

it('shows what the console printed, byte for byte, and a part of it', async () => {
  const { events } = parseTranscript(readFileSync(FIXTURE, 'utf8'), FIXTURE);
  const output = events.filter(({ code }) => code === 'o');
  const all = output.map(({ text }) => text).join('');
  expect(await printed((print) => runShow(recordings, FIXTURE, {}, print))).toBe(all);
  const part = output.filter(({ at }) => at >= 8 && at <= 12);
  expect(part.length).toBeGreaterThan(0);
  expect(await printed((print) => runShow(recordings, FIXTURE, { from: 8, to: 12 }, print))).toBe(
    part.map(({ text }) => text).join(''),
  );
});

it('exports a part whose times begin at zero', async () => {
  const output = join(directory, 'part.cast');
  await printed((print) => runExport(recordings, 'web', { from: 8, to: 12, output }, print));
  const whole = parseTranscript(readFileSync(FIXTURE, 'utf8'), FIXTURE);
  const part = parseTranscript(readFileSync(output, 'utf8'), output);
  const expected = whole.events.filter(({ at }) => at >= 8 && at <= 12);
  expect(part.events.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
  expect(part.events[0]?.at).toBeCloseTo((expected[0]?.at ?? 0) - 8, 6);
  expect(part.header).toEqual({ ...whole.header, timestamp: (whole.header.timestamp ?? 0) + 8 });
  expect(part.truncated).toBe(false);
});

it('exports all of a recording as it replays', async () => {
  const text = await printed((print) => runExport(recordings, 'web', {}, print));
  const facts = { mode: 'auto', answers: [], location: null, until: 'congratulations' } as const;
  const original = parseTranscript(readFileSync(FIXTURE, 'utf8'), FIXTURE).events;
  expect(replayTranscript(parseTranscript(text, 'out').events, facts)).toEqual(
    replayTranscript(original, facts),
  );
});

it.each<[string, () => Promise<unknown>, string]>([
  ['a VM without a recording', () => runList(recordings, 'db', false, () => undefined), 'RECORDING_MISSING'],
  ['to show what is not there', () => runShow(recordings, 'db', {}, () => undefined), 'RECORDING_MISSING'],
  [
    'to show what is no recording',
    () => runShow(recordings, 'broken', {}, () => undefined),
    'RECORDING_INVALID',
  ],
  ['a span that ends first', () => runShow(recordings, 'web', { from: 6, to: 3 }, () => undefined), 'USAGE'],
  [
    'to write where nothing can be written',
    () => runExport(recordings, 'web', { output: '/dev/null/x' }, () => undefined),
    'RECORDING_UNWRITABLE',
  ],
  [
    'to write over the recording itself',
    () => runExport(recordings, 'web', { output: join(recordings, `web-${ID}.2.cast`) }, () => undefined),
    'RECORDING_UNWRITABLE',
  ],
])('refuses %s', async (_, work, code) => {
  await expect(work()).rejects.toMatchObject({ code });
});

it('needs no configuration for a file', async () => {
  const { stdout } = await run(transcriptCommand(), 'show', FIXTURE, '--text', '--to', '1');
  expect(stdout).toContain('OpenBSD');
});

it('tells in its help that an export does not draw the screen before it', () => {
  const help =
    transcriptCommand()
      .commands.find((command) => command.name() === 'export')
      ?.helpInformation() ?? '';
  expect(help.replace(/\s+/g, ' ')).toContain('the screen as it stood before --from is not drawn');
});

it('cuts and cleans whatever a console printed', () => {
  const event = fc.record({
    at: fc.double({ min: 0, max: 100, noNaN: true }),
    code: fc.constantFrom('o', 'i'),
    text: fc.string({ unit: 'binary' }),
  });
  fc.assert(
    fc.property(fc.array(event), fc.nat(100), fc.nat(100), (unordered, a, b) => {
      const events = unordered.sort((x, y) => x.at - y.at);
      const transcript = { header: { width: 80, height: 24 }, events, truncated: false };
      const span = { from: Math.min(a, b), to: Math.max(a, b) };
      const cut = parseTranscript(cutTranscript(transcript, span), 'cut');
      const whole = { from: 0, to: Number.POSITIVE_INFINITY };
      expect(playedRaw(cut, whole)).toBe(playedRaw(transcript, span));
      expect(playedText(transcript, span)).not.toMatch(/[^\n\P{C}]/u);
    }),
  );
});

it('prints the newest evidence of a VM, and only what a terminal may see', async () => {
  writeFileSync(join(recordings, `web-${ID}.evidence.txt`), 'old\n');
  utimesSync(join(recordings, `web-${ID}.evidence.txt`), 1_000, 1_000);
  writeFileSync(join(recordings, `web-${ID}.2.evidence.txt`), '==> dmesg <==\n\x1b[2Jsd0 at scsibus1\n');
  expect(await printed((print) => runEvidence(recordings, 'web', print))).toBe(
    '==> dmesg <==\nsd0 at scsibus1\n',
  );
  await expect(runEvidence(recordings, 'web-1', () => undefined)).rejects.toMatchObject({
    code: 'EVIDENCE_MISSING',
  });
});
