import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DriveResult } from '../../console/io/driver.ts';
import { KILL } from '../../console/keys.ts';
import { replayTranscript } from '../../console/replay.ts';
import { parseTranscript } from '../../console/transcript.ts';
import { type DriveOptions, runDrive } from '../../src/cli/drive.ts';
import { OperatorError } from '../../src/common/error.ts';

const LOCATION = 'http://127.0.0.1/r/TOKEN-OF-THIS-INSTALL/install.conf';

/** A machine that behaves at its console like the installer, as far as one line of it goes. */
const MENU = `
echo 'Welcome to the OpenBSD/amd64 7.6 installation program.'
printf '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? '; read key`;
const DONE = `
printf '\\nCONGRATULATIONS! Your OpenBSD install has been successfully completed!\\n\\n'`;
const REBOOT = `
echo 'syncing disks... done'; echo 'rebooting...'`;
const AUTO = `${MENU}
[ "$key" = a ] || exit 9
echo 'Could not determine auto mode.'
printf 'Response file location? [http://127.0.0.1/install.conf] '; read url
printf '(I)nstall or (U)pgrade? '; read mode
[ "$mode" = i ] || exit 9
echo "Fetching $url"
echo 'Performing non-interactive install...'
printf 'System hostname? (short form) [x] '; sleep 0.3; echo puffy
printf '\\rGet/Verify base76.tgz   40%% |**   |'; printf '\\rGet/Verify base76.tgz  100%% |*****|\\n'`;
const TYPE = `${MENU}
[ "$key" = i ] || exit 9
printf "System hostname? (short form, e.g. 'foo') "; read name
stty -echo; printf 'Password for root account? (will not echo) '; read one; echo
printf 'Password for root account? (again) '; read two; stty echo; echo
[ "$name/$one/$two" = puffy/hunter22/hunter22 ] || exit 9
printf 'Start sshd(8) by default? [yes] '; read sshd`;
const EXIT = `
printf 'Exit to (S)hell, (H)alt or (R)eboot? [reboot] '; read how; [ "$how" = reboot ] || exit 9`;
const LOGIN = `
echo 'OpenBSD 7.6 (GENERIC) #332: Mon Sep 30 08:00:00 MDT 2024'
printf '\\nOpenBSD/amd64 (puffy) (tty00)\\n\\nlogin: '; sleep 30`;

let directory = '';
let answers = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-drive-'));
  answers = join(directory, 'install.conf');
  writeFileSync(answers, 'System hostname = puffy\nPassword for root account = hunter22\n');
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Driven {
  readonly result: DriveResult;
  readonly out: string;
}

function driveScript(script: string, options: DriveOptions, signal?: AbortSignal): Promise<Driven> {
  return driveCommandOf(['sh', '-c', script], options, signal);
}

async function driveCommandOf(
  argv: readonly string[],
  options: DriveOptions,
  signal?: AbortSignal,
): Promise<Driven> {
  let out = '';
  const screen = { out: (text: string) => (out += text), err: () => undefined, redraws: false };
  const result = await runDrive(argv, options, screen, signal ?? new AbortController().signal);
  return { result, out };
}

it('types the a, the location and the mode, and ends with the reboot', async () => {
  const { result, out } = await driveScript(AUTO + DONE + REBOOT, { answers, location: LOCATION });
  expect(result).toMatchObject({ outcome: 'installed', reason: null, release: '7.6' });
  expect(result.prompts.map(({ answer }) => answer)).toEqual(['a', LOCATION, 'i']);
  expect(out).toContain('base76.tgz 100%');
  expect(out.trimEnd().split('\n').at(-1)).toBe('installed: OpenBSD 7.6');
});

it('prints one JSON object an event, and the report last', async () => {
  const { result, out } = await driveScript(AUTO + DONE, { answers, location: LOCATION, json: true });
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { tail: _, evidence: __, ...report } = result;
  expect(lines.at(-1)).toEqual(report);
  expect(lines.slice(0, -1).every(({ kind }) => typeof kind === 'string')).toBe(true);
  expect(lines).toContainEqual({ kind: 'progress', stage: 'fetch', file: 'base76.tgz', percent: 100 });
});

it('answers every question of an install, and records all but the password', async () => {
  const record = join(directory, 'typed.cast');
  const options = { answers, mode: 'type', until: 'login', record } as const;
  const { result, out } = await driveScript(TYPE + DONE + EXIT + REBOOT + LOGIN, options);
  expect(result).toMatchObject({ outcome: 'installed', reason: null });
  expect(result.prompts.map(({ answer }) => answer)).toEqual([
    'i',
    'puffy',
    '***',
    '***',
    '',
    'reboot',
    null,
  ]);
  expect(result.phases.at(-1)?.name).toBe('login');
  expect(out).not.toContain('hunter22');

  const text = readFileSync(record, 'utf8');
  expect(text).not.toContain('hunter22');
  const { events } = parseTranscript(text, record);
  expect(events.filter(({ code }) => code === 'i').map((event) => event.text)).toEqual([
    'i\r',
    'puffy\r',
    '***\r',
    '***\r',
    '\r',
    'reboot\r',
  ]);
  const facts = { mode: 'type', answers: [], location: null, until: 'login' } as const;
  const replayed = replayTranscript(events, facts);
  expect(replayed.outcome).toBe('installed');
  expect(replayed.prompts.map(({ text }) => text)).toEqual(result.prompts.map(({ text }) => text));
});

it('fails with the reason and the end of the console', async () => {
  const script = `${MENU}
echo 'Performing non-interactive install...'
echo 'Question has no answer in response file: "password for root account?"'; sleep 30`;
  const { result, out } = await driveScript(script, { answers });
  expect(result).toMatchObject({
    outcome: 'failed',
    reason: 'Question has no answer in response file: "password for root account?"',
  });
  expect(result.tail).toContain('Performing non-interactive install...');
  expect(out.trimEnd().split('\n').at(-1)).toMatch(/^failed: Question has no answer/);
});

it('shows nothing of a console that could turn the text around', async () => {
  const script = `${MENU}; printf 'What\\342\\200\\256 now? '; sleep 1`;
  const { out } = await driveScript(script, { answers, mode: 'type' });
  expect(out).toContain('What now?  -> waits: nothing answers it');
});

it('is incomplete when the command ends before the install', async () => {
  const { result } = await driveScript(`${MENU}; echo 'vmctl: console not found'; exit 1`, { answers });
  expect(result).toMatchObject({ outcome: 'incomplete', reason: 'the console closed in phase menu' });
  expect(result.tail).toContain('vmctl: console not found');
});

/** Nothing is seen of what stands there before somebody presses RETURN. */
const STANDING = {
  'its menu': `read key; ${MENU}; echo 'Performing non-interactive install...'`,
  'its shell': `read key; printf '# '; read how; [ "$how" = exit ] || exit 9; ${MENU}; echo 'Performing non-interactive install...'`,
};
it.each(Object.entries(STANDING))('begins at an installer that stands at %s', async (_, script) => {
  const { result } = await driveScript(script + DONE + REBOOT, { answers, standing: true });
  expect(result).toMatchObject({ outcome: 'installed', reason: null });
});

/** Neither is the genuine one: both echo what they get, so a `~` that was doubled for cu(1) is seen, and typed anew. */
it.each([
  ['cu', ['i\r', '~puffy\r', `${KILL}~puffy\r`]],
  ['qemu-system-x86_64', ['i\r', '~puffy\r']],
])('types a ~ as %s wants it', async (name, typed) => {
  const [command, tilde, record] = [
    join(directory, name),
    join(directory, 'tilde.conf'),
    join(directory, `${name}.cast`),
  ];
  const script = `${MENU}\nprintf "System hostname? (short form, e.g. 'foo') "; read name; echo "got $name"`;
  writeFileSync(command, `#!/bin/sh\n${script}${DONE}${REBOOT}`, { mode: 0o755 });
  writeFileSync(tilde, 'System hostname = ~puffy\n');
  const options = { answers: tilde, record, mode: 'type' } as const;
  const { result } = await driveCommandOf([command], options);
  expect(result.tail).toContain('got ~puffy');
  const { events } = parseTranscript(readFileSync(record, 'utf8'), 'tilde.cast');
  expect(events.filter(({ code }) => code === 'i').map(({ text }) => text)).toEqual(typed);
});

it('ends in order when it is interrupted', async () => {
  const record = join(directory, 'interrupted.cast');
  const controller = new AbortController();
  const driven = driveScript(`${MENU}; sleep 30`, { answers, record }, controller.signal);
  await expect.poll(() => readIfThere(record)).toContain('"i", "a\\r"');
  controller.abort();
  const { result } = await driven;
  expect(result).toMatchObject({ outcome: 'incomplete', reason: 'the drive was interrupted' });
  expect(parseTranscript(readFileSync(record, 'utf8'), record).truncated).toBe(false);
});

it.each<[string, readonly string[], DriveOptions, string, RegExp]>([
  ['no such response file', ['true'], { answers: '/nowhere/x' }, 'RESPONSE_FILE_MISSING', /\/nowhere\/x/],
  ['nothing to type', ['true'], { mode: 'type' }, 'RESPONSE_FILE_MISSING', /without --answers/],
  ['a watch that is to begin', ['true'], { mode: 'watch', standing: true }, 'USAGE', /--standing/],
  ['no such command', ['no-such-command'], {}, 'CONSOLE_SPAWN', /no command "no-such-command"/],
  ['no place for the recording', ['true'], { record: '/nowhere/x' }, 'RECORDING_UNWRITABLE', /\/nowhere\/x/],
])('names %s', async (_, argv, options, code, message) => {
  const screen = { out: () => undefined, err: () => undefined, redraws: false };
  const driven = runDrive(argv, options, screen, new AbortController().signal);
  const error = await driven.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperatorError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
});

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
