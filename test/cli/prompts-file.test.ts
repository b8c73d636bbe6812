import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DriveOptions, runDrive } from '../../src/cli/drive.ts';
import { readPrompts } from '../../src/cli/prompts-file.ts';
import { runReplay } from '../../src/cli/replay.ts';
import { OperatorError } from '../../src/common/error.ts';

const EXAMPLE = 'examples/prompts.toml';

/** The installer that the example is for: it ends with status 9 at an answer that it did not want. */
const EXAMPLE_UNIX = `
echo 'Example Unix 2.1 setup'; echo
printf '1) Install\\n2) Rescue\\nYour choice: '; read choice; [ "$choice" = 1 ] || exit 9
printf 'Host name: '; read name; [ "$name" = web1 ] || exit 9
printf 'Install to which disk? [sd0] '; read disk; [ "$disk" = sd1 ] || exit 9
stty -echo; printf 'Root password: '; read one; echo; printf 'Once more: '; read two; stty echo; echo
[ "$one/$two" = hunter22/hunter22 ] || exit 9
printf 'Type "yes" to erase sd1: '; read sure; [ "$sure" = yes ] || exit 9
echo 'Copying files'`;
const COMPLETE = `
echo 'Installation complete.'
printf 'Press RETURN to restart.'; read return
echo 'Restarting system.'; printf '\\nweb1 login: '; sleep 30`;
const NO_SPACE = `
echo 'cp: /mnt/usr: no space left'; echo 'Setup cannot continue'; printf 'rescue# '; sleep 30`;

let directory = '';
let answers = '';
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-prompts-'));
  answers = file('install.conf', 'Host name = web1\nInstall to which disk = sd1\nRoot password = hunter22\n');
});
afterAll(() => rmSync(directory, { recursive: true }));

async function driveScript(script: string, options: DriveOptions) {
  let out = '';
  const screen = { out: (text: string) => (out += text), err: () => undefined, redraws: false };
  const result = await runDrive(['sh', '-c', script], options, screen, new AbortController().signal);
  return { result, out };
}

describe('an installer that only the operator knows', () => {
  it('is driven to its login prompt', async () => {
    const { result, out } = await driveScript(EXAMPLE_UNIX + COMPLETE, {
      answers,
      prompts: EXAMPLE,
      until: 'login',
    });
    expect(result).toMatchObject({ outcome: 'installed', reason: null, release: '2.1' });
    expect(result.prompts.map(({ name, answer }) => `${name}: ${answer}`)).toEqual([
      'menu: 1',
      'host name: web1',
      'disk: sd1',
      'root password: ***',
      'root password: ***',
      'erase: yes',
      'restart: ',
      'login: null',
    ]);
    expect(result.phases.map(({ name }) => name)).toEqual([
      'menu',
      'questions',
      'disk',
      'sets-install',
      'done',
      'reboot',
      'login',
    ]);
    expect(out.trimEnd().split('\n').at(-1)).toBe('installed: Example Unix 2.1');
    expect(out).not.toContain('hunter22');
    expect(out).not.toContain('unverified');
  });

  it('fails for the reason that its table knows', async () => {
    const { result } = await driveScript(EXAMPLE_UNIX + NO_SPACE, { answers, prompts: EXAMPLE });
    expect(result).toMatchObject({ outcome: 'failed', reason: 'cp: /mnt/usr: no space left' });
  });

  it('says that nobody looked at its release', async () => {
    const script = EXAMPLE_UNIX.replace('Unix 2.1', 'Unix 3.4') + NO_SPACE;
    const text = await driveScript(script, { answers, prompts: EXAMPLE });
    expect(text.out).toContain(
      'unverified: nobody has seen or read the prompts of release 3.4; those of 2.3',
    );
    const json = await driveScript(script, { answers, prompts: EXAMPLE, json: true });
    const events = json.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toContainEqual({ kind: 'release', release: '3.4', unverified: true });
    expect(Object.keys(events.at(-1))).toEqual(['outcome', 'reason', 'release', 'prompts', 'phases']);
  });
});

const CAST = (output: string): string =>
  `{"version": 2, "width": 80, "height": 24}\n${JSON.stringify([1, 'o', output])}\n`;

async function replay(output: string, options: { prompts?: string; json?: boolean }) {
  const printed = { out: '', err: '' };
  await runReplay(
    file('one.cast', CAST(output)),
    options,
    (text) => (printed.out += text),
    (text) => (printed.err += text),
  );
  return printed;
}

describe('a replay', () => {
  it('goes by the table that it is given', async () => {
    const { out } = await replay('Example Unix 2.1 setup\r\nYour choice: ', { prompts: EXAMPLE });
    expect(out).toBe('     1.0 s  Your choice:  -> 1\nincomplete: Example Unix 2.1\n');
  });

  it.each<[string, string | null]>([
    ['6.4', '6.2'],
    ['7.8', '7.9'],
    ['8.0', '7.9'],
    ['6.9', null],
    ['7.6', null],
  ])('of OpenBSD %s names the release whose prompts it expected: %s', async (release, nearest) => {
    const welcome = `Welcome to the OpenBSD/amd64 ${release} installation program.\r\n`;
    const text = await replay(welcome, {});
    const json = await replay(welcome, { json: true });
    const note = `unverified: nobody has seen or read the prompts of release ${release}; those of ${nearest}`;
    expect([text.out.includes(note), json.err.includes(note)]).toEqual([nearest !== null, nearest !== null]);
    expect(Object.keys(JSON.parse(json.out))).toEqual(['outcome', 'reason', 'release', 'prompts', 'phases']);
  });

  it('puts own rows before those of OpenBSD, and keeps the others', async () => {
    const prompts = file(
      'own.toml',
      [
        'name = "mine"',
        'releases = "seen 8.0"',
        '[[prompts]]',
        'name = "colour"',
        "prompt = '^What colour is your puffer fish\\? \\[.*\\] $'",
        'answer = { text = "yellow" }',
      ].join('\n'),
    );
    const output =
      'Welcome to the OpenBSD/amd64 8.0 installation program.\r\nWhat colour is your puffer fish? [red] yellow\r\n' +
      'Terminal type? [vt220] ';
    const { out } = await replay(output.replace('] yellow', '] '), { prompts });
    expect(out).toContain('Terminal type? [vt220]  -> RETURN');
    expect(out).not.toContain('unverified');
    const first = await replay(output.slice(0, output.indexOf('yellow')), { prompts });
    expect(first.out).toContain('What colour is your puffer fish? [red]  -> yellow');
  });
});

it('tells every mistake of a table at once, with its line', async () => {
  const prompts = file(
    'wrong.toml',
    `name = "Bad/name"
base = "linux"
releases = "7.6"
colour = "red"

[[prompts]]
name = "a"
prompt = '^(a+)+ $'
answer = "maybe"

[[prompts]]
name = "b"
prompt = 'no end'
tail = "long"
answer = { text = "two\\nlines" }
phase = "party"

[[prompts]]
name = "c"
prompt = '\\d+(?<=x)y $'
answer = { question = "" }

[[prompts]]
answer = "menu"

[[lines]]
name = "d"
line = '(x|y)'
means = "phase"

[[lines]]
name = "e"
line = 'a.*b.*c.*d.*eee'
means = "nothing"
extra = 1
`,
  );
  const error = await readPrompts(prompts).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperatorError);
  expect(error).toMatchObject({ code: 'PROMPTS_INVALID' });
  const lines = String((error as Error).message)
    .split('\n')
    .slice(1)
    .map((line) => line.replace(`${prompts}:`, ''));
  expect(lines.map((line) => /^\d+: [\w[\].]+/.exec(line)?.[0])).toEqual([
    '1: name',
    '2: base',
    '3: releases',
    '4: colour',
    '8: prompts[0].prompt',
    '9: prompts[0].answer',
    '13: prompts[1].prompt',
    '14: prompts[1].tail',
    '15: prompts[1].answer.text',
    '16: prompts[1].phase',
    '20: prompts[2].prompt',
    '21: prompts[2].answer.question',
    '23: prompts[3].name',
    '23: prompts[3].prompt',
    '26: lines[0].phase',
    '28: lines[0].line',
    '33: lines[1].line',
    '34: lines[1].means',
    '35: lines[1].extra',
  ]);
  expect(lines[4]).toMatch(/it repeats what is itself a repetition or a choice \(found /);
});

it.each<[string, () => string, string, RegExp]>([
  ['a file that is not there', () => '/nowhere/prompts.toml', 'PROMPTS_MISSING', /there is no such file$/],
  ['a directory', () => directory, 'PROMPTS_MISSING', /it is a directory$/],
  ['no TOML', () => file('no.toml', 'name = \n'), 'PROMPTS_INVALID', /:1: this is not TOML: /],
  [
    'an empty file',
    () => file('empty.toml', ''),
    'PROMPTS_INVALID',
    /:1: name: expected a name \(found nothing\)/,
  ],
])('refuses %s', async (_, make, code, message) => {
  const error = await readPrompts(make()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
});

it('is in the README as it stands in the example', () => {
  const [, shown = ''] =
    /```toml\n(# Prompts of an installer.*?)```/s.exec(readFileSync('README.md', 'utf8')) ?? [];
  const example = readFileSync(EXAMPLE, 'utf8');
  const pieces = shown.trim().split('\n\n');
  expect(pieces.length).toBeGreaterThan(4);
  for (const piece of pieces) expect(example).toContain(piece);
});
