import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { replayTranscript } from '../../console/replay.ts';
import type { ConsoleReport } from '../../console/report.ts';
import { parseTranscript } from '../../console/transcript.ts';
import { describeOutcome, describePrompt } from '../../console/view.ts';
import { OperatorError } from '../common/error.ts';
import { readAnswers, whyUnreadable } from './answers-file.ts';

export interface ReplayOptions {
  readonly answers?: string;
  readonly location?: string;
  readonly mode?: 'auto' | 'type' | 'upgrade';
  readonly json?: boolean;
}

/** `--mode` of `drive` and `replay`. */
export const modeOption = (): Option =>
  new Option('--mode <mode>', 'autoinstall, or type every answer of an install or upgrade')
    .choices(['auto', 'type', 'upgrade'])
    .default('auto');

export function replayCommand(): Command {
  return new Command('replay')
    .description('show what the console driver would have seen and typed at a recorded console')
    .argument('<file>', 'a recording in asciicast v2')
    .option('--answers <file>', 'the response file (install.conf) to answer from')
    .option('--location <url>', 'what to type at "Response file location?"')
    .addOption(modeOption())
    .option('--json', 'print one JSON object')
    .action(async (file: string, options: ReplayOptions) => {
      await runReplay(file, options, (text) => process.stdout.write(text));
    });
}

/**
 * Replays a recording and prints the prompts that waited, their answers, and the outcome.
 * @throws OperatorError RECORDING_INVALID, RESPONSE_FILE_MISSING, RESPONSE_FILE_INVALID
 */
export async function runReplay(
  file: string,
  options: ReplayOptions,
  print: (text: string) => void,
): Promise<ConsoleReport> {
  const answers = options.answers === undefined ? [] : await readAnswers(options.answers);
  const { events, truncated } = parseTranscript(await readRecording(file), file);
  const { mode = 'auto', location = null } = options;
  const report = replayTranscript(events, { mode, answers, location, until: 'congratulations' });
  if (options.json === true) {
    print(`${JSON.stringify(report)}\n`);
    return report;
  }
  for (const prompt of report.prompts) print(`${describePrompt(prompt)}\n`);
  if (truncated) print('the recording ends in the middle of a line, which was left out\n');
  print(`${describeOutcome(report)}\n`);
  return report;
}

async function readRecording(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new OperatorError('RECORDING_INVALID', `cannot read ${file}: ${whyUnreadable(cause)}`, { cause });
  }
}
