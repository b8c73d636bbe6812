import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ReplayOptions, runReplay } from '../../src/cli/replay.ts';
import { OperatorError } from '../../src/common/error.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/transcripts/${name}`, import.meta.url));
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-replay-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function replay(file: string, options: ReplayOptions = {}): Promise<string> {
  let printed = '';
  await runReplay(file, options, (text) => {
    printed += text;
  });
  return printed;
}

it('prints one JSON object with the prompts in order and what would be typed', async () => {
  const location = 'http://10.76.0.1/some/where.conf';
  const printed = await replay(fixture('manual-a-noauto-76.cast'), { json: true, location });
  const { phases, ...report } = JSON.parse(printed);
  expect(report).toEqual({
    outcome: 'installed',
    reason: null,
    release: '7.6',
    prompts: [
      { at: 2.392058, name: 'menu', text: '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell?', answer: 'a' },
      {
        at: 2.952145,
        name: 'response-file',
        text: 'Response file location? [http://10.76.0.1/install.conf]',
        answer: location,
      },
      { at: 3.137028, name: 'mode', text: '(I)nstall or (U)pgrade?', answer: 'i' },
    ],
  });
  expect(phases.slice(0, 3)).toEqual([
    { name: 'boot-loader', at: 0.257761 },
    { name: 'kernel', at: 0.257761 },
    { name: 'menu', at: 2.020761 },
  ]);
  expect(printed.trimEnd().split('\n').length).toBe(1);
});

it('prints the same for a reader', async () => {
  const options = { answers: fixture('install.conf'), mode: 'type' } as const;
  const lines = (await replay(fixture('interactive-76.cast'), options)).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    '     2.4 s  (I)nstall, (U)pgrade, (A)utoinstall or (S)hell?  -> i',
    '     2.7 s  Terminal type? [vt220]  -> RETURN',
    "     2.9 s  System hostname? (short form, e.g. 'foo')  -> puffy",
  ]);
  expect(lines).toContain('     5.2 s  Password for root account? (will not echo)  -> ***');
  expect(lines).toContain('    24.1 s  #  -> waits: nothing answers it');
  expect(lines.at(-2)).toBe('installed: OpenBSD 7.6');
});

it('ends with the reason of a failure', async () => {
  const printed = await replay(fixture('fail-noanswer-76.cast'));
  expect(printed.trimEnd().split('\n').at(-1)).toBe(
    'failed: Question has no answer in response file: "password for root account?"',
  );
});

it('is incomplete where the recording ends early, at every line', async () => {
  const lines = readFileSync(fixture('manual-a-76.cast'), 'utf8').split('\n');
  const end = lines.findIndex((line) => line.includes('CONGRATULATIONS'));
  const file = join(directory, 'cut.cast');
  for (let count = 1; count < lines.length; count += 7) {
    writeFileSync(file, `${lines.slice(0, count).join('\n')}\n`);
    const { outcome } = JSON.parse(await replay(file, { json: true }));
    expect(outcome, `after ${count} lines`).toBe(count > end ? 'installed' : 'incomplete');
  }
});

it('forgives a cut last line, and says so', async () => {
  const text = readFileSync(fixture('manual-a-76.cast'), 'utf8').trimEnd();
  const file = join(directory, 'crashed.cast');
  writeFileSync(file, text.slice(0, -5));
  expect(await replay(file)).toContain('ends in the middle of a line');
});

it.each<[string, () => [string, ReplayOptions], string, RegExp]>([
  [
    'no such recording',
    () => [join(directory, 'none.cast'), {}],
    'RECORDING_INVALID',
    /cannot read .*none\.cast: there is no such file$/,
  ],
  ['a directory', () => [directory, {}], 'RECORDING_INVALID', /it is a directory$/],
  ['no recording', () => [fixture('install.conf'), {}], 'RECORDING_INVALID', /install\.conf line 1: /],
  [
    'no such response file',
    () => [fixture('manual-a-76.cast'), { answers: '/nowhere/install.conf' }],
    'RESPONSE_FILE_MISSING',
    /cannot read the response file \/nowhere\/install\.conf/,
  ],
])('names %s', async (_, make, code, message) => {
  const [file, options] = make();
  const error = await replay(file, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperatorError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
});
