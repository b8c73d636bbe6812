import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { renderEvent, renderHeader } from '../../console/transcript.ts';
import { runCheck, runLearn, runTest } from '../../src/cli/prompts.ts';

const WELCOME = 'Welcome to the OpenBSD/amd64 7.6 installation program.\r\n';
const MENU = '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ';
let directory = '';
let table = '';
let printed = '';
const print = (text: string) => {
  printed += text;
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-prompts-'));
  table = join(directory, 'our.toml');
  printed = '';
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A recording: output, and what was typed behind a `<`. */
function record(name: string, ...pieces: readonly string[]): string {
  const events = pieces.map((piece, index) =>
    piece.startsWith('<')
      ? { at: index, code: 'i', text: piece.slice(1) }
      : { at: index, code: 'o', text: piece },
  );
  const file = join(directory, `${name}.cast`);
  writeFileSync(file, renderHeader({ width: 80, height: 24 }) + events.map(renderEvent).join(''));
  return file;
}

/** Typed by the driver, then a question that only a human could answer: keys, a correction, a password. */
const asked = () =>
  record(
    'asked',
    `${WELCOME}${MENU}`,
    '<a\r',
    'a\r\nFetching http://192.0.2.1/install.conf\r\nWhich rack is it in? (a letter) ',
    '<x',
    'x',
    '<\x7f',
    '\b \b',
    '<B7',
    'B7',
    '<\r',
    '\r\nPassword for root account? (will not echo) ',
    '<***\r',
    '\r\nToken PIN? ',
    '<***\r',
    '\r\nIts "colour"? (of 8) ',
    '<sea green\r',
    'sea green\r\nPerforming non-interactive install...\r\n',
  );

it('makes rows of what a human answered, proves them with the recording, and keeps both', async () => {
  await runLearn(asked(), { into: table }, print);
  expect(printed).toBe(
    'which rack is it in: Which rack is it in? (a letter)  -> B7\n' +
      'token pin: Token PIN?  -> from the response file, unseen\n' +
      'its colour: Its "colour"? (of 8)  -> sea green\n',
  );
  await expect(readFileSync(table, 'utf8')).toMatchFileSnapshot('../../fixtures/cli/prompts-learnt.toml');
  printed = '';
  await runCheck(table, print);
  await runTest(table, print);
  expect(printed).toMatch(/our\.toml: ok, \d+ prompts .*\nasked\.cast: ok, 3 answered\n$/);
});

it('learns what a script of the site asks in the middle of an unattended install', async () => {
  const run = 'a\r\nFetching http://192.0.2.1/install.conf\r\nPerforming non-interactive install...\r\n';
  const question = 'Making all device nodes... done.\r\nWhich rack does it stand in? ';
  const site = record('site', `${WELCOME}${MENU}`, '<a\r', run, question, '<7\r', '7\r\nRack 7: noted.\r\n');
  await runLearn(site, { into: table }, print);
  await runTest(table, print);
  expect(printed).toMatch(/^which rack does it stand in: .* -> 7\nsite\.cast: ok, 1 answered\n$/);
});

it('has nothing to learn twice, nor from what the driver or nobody answered', async () => {
  await runLearn(asked(), { into: table }, print);
  const before = readFileSync(table, 'utf8');
  printed = '';
  await runLearn(asked(), { into: table }, print);
  await runLearn(
    record('unanswered', `${WELCOME}${MENU}`, '<a\r', 'a\r\nShall we? '),
    { into: table },
    print,
  );
  expect(printed.match(/every question in it is answered already/g)).toHaveLength(2);
  expect(readFileSync(table, 'utf8')).toBe(before);
});

it('adds to a table without touching what stands in it', async () => {
  const own =
    '# by hand\nname = "ours"\nbase = "openbsd"\nreleases = "seen 7.5"\n\n[[lines]]\nname = "bye"\nline = "^Bye now"\nmeans = "failed"\n';
  writeFileSync(table, own);
  await runLearn(asked(), { into: table }, print);
  expect(readFileSync(table, 'utf8').startsWith(own)).toBe(true);
});

it('tells which question the table has unlearnt', async () => {
  await runLearn(asked(), { into: table }, print);
  writeFileSync(table, readFileSync(table, 'utf8').replace('"B7"', '"B8"'));
  await expect(runTest(table, print)).rejects.toMatchObject({
    code: 'PROMPTS_UNPROVEN',
    message:
      'asked.cast: the table does not answer "Which rack is it in? (a letter)" as it was answered there',
  });
});

it('says what is wrong with a table, and writes nothing', async () => {
  writeFileSync(table, 'name = "x"\nreleases = "7.6"\n');
  await expect(runCheck(table, print)).rejects.toMatchObject({ code: 'PROMPTS_INVALID' });
  await expect(runLearn(asked(), { into: table }, print)).rejects.toMatchObject({ code: 'PROMPTS_INVALID' });
  await expect(runLearn(asked(), { into: join(table, 't.toml') }, print)).rejects.toMatchObject({
    code: 'PROMPTS_MISSING',
  });
});
