import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseTranscript } from '../../console/transcript.ts';
import { PROGRAM } from '../support/puffboot.ts';
import { openTerminal } from '../support/terminal.ts';

const ASKS = `
echo 'Welcome to the OpenBSD/amd64 7.6 installation program.'
printf '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? '; read key
[ "$key" = i ] || exit 9
printf 'Which rack does this machine stand in? '; read rack; echo "Rack $rack: noted."
printf "System hostname? (short form, e.g. 'foo') "; read name
printf '\\nCONGRATULATIONS! Your OpenBSD install has been successfully completed!\\n\\n'
echo "syncing disks... done"; echo "rebooting... $name"; sleep 60`;

let directory = '';
let drive: readonly string[] = [];
const recorded = () =>
  parseTranscript(readFileSync(join(directory, 'web1.cast'), 'utf8'), 'web1.cast').events;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-keyboard-'));
  writeFileSync(join(directory, 'install.conf'), 'System hostname = puffy\n');
  writeFileSync(join(directory, 'console'), ASKS);
  const files = ['--answers', join(directory, 'install.conf'), '--record', join(directory, 'web1.cast')];
  const program = [process.execPath, PROGRAM, 'drive', '--mode', 'type', ...files];
  drive = [...program, '--', 'sh', join(directory, 'console')];
});
afterAll(() => rmSync(directory, { recursive: true }));

it('gives the operator at its terminal the line for what nothing answers, and goes on after him', async () => {
  const terminal = openTerminal(drive);
  await terminal.shows('nothing answers it; press RETURN to take the line');
  terminal.type('\r');
  await terminal.shows('You hold the line');
  // The console as it stands, with the question.
  await terminal.shows('Which rack does this machine stand in? ', 2);
  terminal.type('rack-7\r');
  await terminal.shows('Rack rack-7: noted.');
  await terminal.shows("System hostname? (short form, e.g. 'foo') ");
  terminal.type('~g');
  await terminal.shows('the driver goes on');
  await terminal.shows('installed: OpenBSD 7.6');
  expect((await terminal.closed).exitCode).toBe(0);
  const typed = recorded().map(({ code, text }) => (code === 'i' ? text : ''));
  expect(typed.join('')).toBe('i\rrack-7\rpuffy\r');
});

it('leaves the terminal alone in the background, where reading it would stop the install', async () => {
  const quoted = drive.map((word) => `'${word}'`).join(' ');
  const script = `${quoted} & read line; echo "state $(ps -o stat= -p $!)."; kill $!; wait $!; echo "status $?."`;
  const shell = openTerminal(['sh', '-m', '-c', script]);
  await shell.shows('nothing answers it');
  shell.type('\r');
  await shell.shows('the drive was interrupted');
  await shell.shows('status 1.');
  expect(shell.shown()).toMatch(/state S\w*\./);
  expect(shell.shown()).not.toContain('press RETURN');
  await shell.closed;
});
