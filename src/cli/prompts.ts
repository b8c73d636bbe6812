import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import type { DialogueFacts } from '../../console/dialogue.ts';
import { learnFrom, renderLessons, renderNewTable, unlearnt } from '../../console/learn.ts';
import type { PromptTable } from '../../console/prompts/table.ts';
import { parseTranscript, type Transcript } from '../../console/transcript.ts';
import { errnoOf, messageOf, OperatorError } from '../common/error.ts';
import { readAnswers } from './answers-file.ts';
import { parsePrompts, readPrompts } from './prompts-file.ts';
import { modeOption } from './replay.ts';
import { cutTranscript } from './transcript/cut.ts';
import { recordingOf } from './transcript.ts';

type Print = (text: string) => void;
const STDOUT: Print = (text) => process.stdout.write(text);

/** `puffboot prompts`: an operator's own table, checked, taught and tested. */
export function promptsCommand(): Command {
  const prompts = new Command('prompts').description('check, teach and test a table of your own prompts');
  prompts
    .command('check')
    .description('every mistake in a table, with its line')
    .argument('<table>', 'a file in TOML')
    .action((file: string) => runCheck(file, STDOUT));
  prompts
    .command('learn')
    .description('add what a human answered in a recording to a table, with the recording as its test')
    .argument('<recording>', 'a file, or a VM for its newest recording')
    .requiredOption('--into <table>', 'the table (TOML), which is made where there is none')
    .option('--answers <file>', 'the response file that the driver answered from')
    .option('--location <url>', 'what it typed at "Response file location?"')
    .addOption(modeOption())
    .option('-f, --config <file>', 'configuration file')
    .action(async (meant: string, options: LearnOptions & { config?: string }) => {
      await runLearn(await recordingOf(meant, options), options, STDOUT);
    });
  prompts
    .command('test')
    .description('replay every recording that the table was taught with')
    .argument('<table>', 'a file in TOML')
    .action((file: string) => runTest(file, STDOUT));
  return prompts;
}

export interface LearnOptions {
  readonly into: string;
  readonly answers?: string;
  readonly location?: string;
  readonly mode?: DialogueFacts['mode'];
}

/** @throws OperatorError PROMPTS_MISSING, PROMPTS_INVALID */
export async function runCheck(file: string, print: Print): Promise<void> {
  const { table } = await readPrompts(file);
  const [prompts, lines] = [table?.prompts.length ?? 0, table?.markers.length ?? 0];
  print(`${file}: ok, ${prompts} prompts and ${lines} lines with those it is based on\n`);
}

/**
 * Nothing is written unless the new rows answer the recording as the human did.
 * @param recording its path
 * @throws OperatorError RECORDING_INVALID, RESPONSE_FILE_MISSING, PROMPTS_INVALID, PROMPTS_UNPROVEN,
 *         PROMPTS_UNWRITABLE
 */
export async function runLearn(recording: string, options: LearnOptions, print: Print): Promise<void> {
  const { into } = options;
  const before = await textOf(into);
  const base = before === null ? {} : { table: parsePrompts(before, into) };
  const transcript = await readTranscript(recording);
  const facts = await factsOf(options);
  const taken = new Set(base.table?.prompts.map(({ name }) => name));
  const lessons = learnFrom(transcript.events, { ...facts, ...base }, taken);
  if (lessons.length === 0) {
    print(`${recording}: every question in it is answered already, or was answered by nobody\n`);
    return;
  }
  const text = `${before ?? renderNewTable(lessons[0]?.release ?? null)}${renderLessons(lessons)}`;
  const table = parsePrompts(text, into);
  const cut = cutTranscript(transcript, { from: 0, to: (lessons.at(-1)?.at ?? 0) + 1 });
  prove(lessons, cut, { ...facts, table }, recording);
  const { answers, location, mode = 'auto' } = options;
  const test: Test = {
    ...(answers === undefined ? {} : { answers: resolve(answers) }),
    ...(location === undefined ? {} : { location }),
    mode,
    lessons: lessons.map(({ name, text: prompt, answer }) => ({ name, text: prompt, answer })),
  };
  await keep(into, text, basename(recording, '.cast'), cut, test);
  for (const { name, text: prompt, answer } of lessons) {
    print(`${name}: ${prompt.trimEnd()}  -> ${answer ?? 'from the response file, unseen'}\n`);
  }
}

/** What stands beside a recording in the table's directory of tests. */
const TEST = z.strictObject({
  answers: z.string().exactOptional(),
  location: z.string().exactOptional(),
  mode: z.enum(['auto', 'type', 'upgrade', 'watch']),
  lessons: z
    .array(z.strictObject({ name: z.string(), text: z.string(), answer: z.string().nullable() }))
    .readonly(),
});
type Test = z.infer<typeof TEST>;

/** @throws OperatorError PROMPTS_MISSING, PROMPTS_INVALID, PROMPTS_UNPROVEN naming each that fails */
export async function runTest(file: string, print: Print): Promise<void> {
  const { table } = await readPrompts(file);
  const directory = testsOf(file);
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.cast')).sort();
  const failures: string[] = [];
  for (const name of names) {
    const test = await readTest(join(directory, name.replace(/\.cast$/, '.json')));
    const cast = await readFile(join(directory, name), 'utf8');
    try {
      prove(
        test.lessons,
        cast,
        { ...(await factsOf(test)), ...(table === undefined ? {} : { table }) },
        name,
      );
      print(`${name}: ok, ${test.lessons.length} answered\n`);
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code !== 'PROMPTS_UNPROVEN') throw error;
      failures.push(error.message);
    }
  }
  if (failures.length > 0) throw new OperatorError('PROMPTS_UNPROVEN', failures.join('\n'));
  if (names.length === 0) print(`${file} has no tests in ${directory}\n`);
}

function prove(
  lessons: Test['lessons'],
  cast: string,
  facts: DialogueFacts & { readonly table?: PromptTable },
  name: string,
): void {
  const missed = unlearnt(lessons, parseTranscript(cast, name).events, facts);
  if (missed.length === 0) return;
  const which = missed.map(({ text }) => JSON.stringify(text.trimEnd())).join(', ');
  throw new OperatorError(
    'PROMPTS_UNPROVEN',
    `${name}: the table does not answer ${which} as it was answered there`,
  );
}

async function keep(into: string, text: string, name: string, cast: string, test: Test): Promise<void> {
  const directory = testsOf(into);
  try {
    await mkdir(directory, { recursive: true, mode: 0o750 });
    await writeFile(join(directory, `${name}.cast`), cast, { mode: 0o640 });
    await writeFile(join(directory, `${name}.json`), `${JSON.stringify(test, null, 2)}\n`, { mode: 0o640 });
    // The table last: with it the lesson counts.
    await writeFile(`${into}.new`, text, { mode: 0o644 });
    await rename(`${into}.new`, into);
  } catch (cause) {
    throw new OperatorError('PROMPTS_UNWRITABLE', `cannot write ${into}: ${messageOf(cause)}`, { cause });
  }
}

const testsOf = (table: string): string => `${table.replace(/\.toml$/, '')}.tests`;

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    throw new OperatorError('PROMPTS_MISSING', `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}

async function readTranscript(file: string): Promise<Transcript> {
  try {
    return parseTranscript(await readFile(file, 'utf8'), file);
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError('RECORDING_INVALID', `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}

async function readTest(file: string): Promise<Test> {
  try {
    return TEST.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new OperatorError('PROMPTS_UNPROVEN', `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}

async function factsOf({
  answers,
  location,
  mode = 'auto',
}: Omit<LearnOptions, 'into'>): Promise<DialogueFacts> {
  const read = answers === undefined ? [] : await readAnswers(answers);
  return { mode, location: location ?? null, answers: read, until: 'congratulations' };
}
