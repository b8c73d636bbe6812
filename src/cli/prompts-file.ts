import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { checkTable } from '../../console/prompts/check.ts';
import type { PromptTable } from '../../console/prompts/table.ts';
import { errnoOf, messageOf, OperatorError } from '../common/error.ts';
import type { Log } from '../common/port.ts';
import { locate } from '../config/locate.ts';
import { type Mistake, renderMistakes, renderPath } from '../config/mistake.ts';
import { readToml } from '../config/parse.ts';
import { whyUnreadable } from './answers-file.ts';

/** `--prompts` of `drive` and `replay`. */
export const promptsOption = (): Option =>
  new Option(
    '--prompts <file>',
    'a table of your own prompts (TOML), tried before or instead of the built-in ones',
  );

/**
 * The table that `--prompts` names.
 * @param file undefined where the option was not given
 * @returns what the dialogue's facts take: nothing for the built-in table
 * @throws OperatorError PROMPTS_MISSING naming the file; PROMPTS_INVALID with every mistake, one a line:
 *         `file:line: key: message`
 */
export async function readPrompts(file: string | undefined): Promise<{ readonly table?: PromptTable }> {
  return file === undefined ? {} : { table: parsePrompts(await textOf(file), file) };
}

/**
 * The table that puffboot.toml names; nothing where there is no such file yet, because the first lesson makes it.
 * @throws OperatorError PROMPTS_MISSING when it cannot be read, PROMPTS_INVALID
 */
export async function readOwnPrompts(
  file: string | undefined,
): Promise<{ readonly table?: PromptTable; readonly absent?: true }> {
  try {
    return await readPrompts(file);
  } catch (error) {
    if (error instanceof OperatorError && errnoOf(error.cause) === 'ENOENT') return { absent: true };
    throw error;
  }
}

/**
 * Reads that table anew at each call: what was learnt counts without a restart. One that has become unreadable is told,
 * and the last good one goes on.
 */
export function followPrompts(file: string | undefined, log: Log): () => Promise<PromptTable | undefined> {
  let last: PromptTable | undefined;
  return async () => {
    try {
      last = (await readOwnPrompts(file)).table;
    } catch (error) {
      log.error('console.prompts', { file, error: messageOf(error) });
    }
    return last;
  };
}

/** @throws OperatorError PROMPTS_INVALID with every mistake */
export function parsePrompts(text: string, file: string): PromptTable {
  const { table, mistakes } = inspectPrompts(text);
  if (table !== null) return table;
  throw new OperatorError('PROMPTS_INVALID', renderMistakes(file, mistakes));
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const what = `cannot read the prompt table ${file}: ${whyUnreadable(cause)}`;
    throw new OperatorError('PROMPTS_MISSING', what, { cause });
  }
}

interface Inspected {
  readonly table: PromptTable | null;
  readonly mistakes: readonly Mistake[];
}

function inspectPrompts(text: string): Inspected {
  const document = readToml(text);
  if ('mistake' in document) return { table: null, mistakes: [document.mistake] };
  const { table, findings } = checkTable(document.raw);
  const lineOf = locate(text);
  const mistakes = findings.map(({ path, message }) => ({
    line: lineOf(path),
    key: renderPath(path),
    message,
  }));
  return { table, mistakes: mistakes.sort((a, b) => a.line - b.line) };
}
