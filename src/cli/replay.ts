import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { unverified } from '../../console/prompts/table.ts';
import { replayTranscript } from '../../console/replay.ts';
import type { ConsoleReport } from '../../console/report.ts';
import { parseTranscript } from '../../console/transcript.ts';
import { describeOutcome, describePrompt } from '../../console/view.ts';
import { OperatorError } from '../common/error.ts';
import { readAnswers, whyUnreadable } from './answers-file.ts';
import { promptsOption, readPrompts } from './prompts-file.ts';

export interface ReplayOptions {
  readonly answers?: string;
  readonly location?: string;
  readonly mode?: 'auto' | 'type' | 'upgrade' | 'watch';
  readonly prompts?: string;
  readonly json?: boolean;
}

/** `--mode` of `drive` and `replay`. */
export const modeOption = (): Option =>
  new Option(
    '--mode <mode>',
    'autoinstall, or type every answer of an install or upgrade, or only watch a sysupgrade',
  )
    .choices(['auto', 'type', 'upgrade', 'watch'])
    .default('auto');

export function replayCommand(): Command {
  return new Command('replay')
    .description('show what the console driver would have seen and typed at a recorded console')
    .argument('<file>', 'a recording in asciicast v2')
    .option('--answers <file>', 'the response file (install.conf) to answer from')
    .option('--location <url>', 'what to type at "Response file location?"')
    .addOption(modeOption())
    .addOption(promptsOption())
    .option('--json', 'print one JSON object')
    .action(async (file: string, options: ReplayOptions) => {
      await runReplay(file, options, (text) => process.stdout.write(text));
    });
}

/**
 * Replays a recording and prints the prompts that waited, their answers, and the outcome.
 * @param warn gets what a program that reads the JSON must not meet there
 * @throws OperatorError RECORDING_INVALID, RESPONSE_FILE_MISSING, RESPONSE_FILE_INVALID, PROMPTS_MISSING,
 *         PROMPTS_INVALID
 */
export async function runReplay(
  file: string,
  options: ReplayOptions,
  print: (text: string) => void,
  warn: (text: string) => void = (text) => process.stderr.write(text),
): Promise<ConsoleReport> {
  const answers = options.answers === undefined ? [] : await readAnswers(options.answers);
  const facts = await readPrompts(options.prompts);
  const { events, truncated } = parseTranscript(await readRecording(file), file);
  const { mode = 'auto', location = null } = options;
  const report = replayTranscript(events, { ...facts, mode, answers, location, until: 'congratulations' });
  const note = unverified(report.release, facts.table);
  if (options.json === true) {
    print(`${JSON.stringify(report)}\n`);
    if (note !== null) warn(`puffboot: ${note}\n`);
    return report;
  }
  for (const prompt of report.prompts) print(`${describePrompt(prompt)}\n`);
  if (truncated) print('the recording ends in the middle of a line, which was left out\n');
  if (note !== null) print(`${note}\n`);
  print(`${describeOutcome(report, facts.table?.system)}\n`);
  return report;
}

async function readRecording(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new OperatorError('RECORDING_INVALID', `cannot read ${file}: ${whyUnreadable(cause)}`, { cause });
  }
}
