import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { OperatorError } from '../common/error.ts';
import { readConfig } from '../io/config-file.ts';
import { whyUnreadable } from './answers-file.ts';
import { printable, renderTable, renderTime } from './table.ts';
import { cutTranscript, playedRaw, playedText, type Span } from './transcript/cut.ts';
import {
  findEvidence,
  findRecordings,
  isFile,
  type RecordingSummary,
  readRecording,
  resolveRecording,
  summarize,
} from './transcript/recordings.ts';

export interface SpanOptions {
  readonly from?: number;
  readonly to?: number;
}

type Print = (text: string) => void;
interface ConfigOptions {
  readonly config?: string;
}

/** `puffboot transcript`: the recordings below the state directory, also while one is being made. */
export function transcriptCommand(): Command {
  const print: Print = (text) => process.stdout.write(text);
  const transcript = new Command('transcript').description('list, show and export recordings of consoles');
  transcript
    .command('list')
    .description('recordings with size, duration and outcome, oldest first')
    .argument('[vm]', 'only those of this VM')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action(async (vm: string | undefined, options: ConfigOptions & { json?: boolean }) => {
      await runList(await recordingsOf(options), vm ?? null, options.json === true, print);
    });
  spanOptions(transcript.command('show'))
    .description('print what a console printed')
    .option('--text', 'as text to read: control sequences out, redrawn lines once')
    .action(async (meant: string, options: ConfigOptions & SpanOptions & { text?: boolean }) => {
      await runShow(await recordingsFor(meant, options), meant, options, print);
    });
  spanOptions(transcript.command('export'))
    .description(
      'write a part of a recording as a recording of its own; the screen as it stood before --from is not drawn',
    )
    .option('-o, --output <file>', 'where to write it; by default to standard output')
    .action(async (meant: string, options: ConfigOptions & SpanOptions & { output?: string }) => {
      await runExport(await recordingsFor(meant, options), meant, options, print);
    });
  transcript
    .command('evidence')
    .description('print what the machine said of its failed install: its log, its network, its disks')
    .argument('<vm>', 'a VM for its newest evidence, or a file')
    .option('-f, --config <file>', 'configuration file')
    .action(async (meant: string, options: ConfigOptions) => {
      await runEvidence(await recordingsOf(options), meant, print);
    });
  return transcript;
}

function spanOptions(command: Command): Command {
  return command
    .argument('<recording>', 'a file, or a VM for its newest recording')
    .option('-f, --config <file>', 'configuration file')
    .option('--from <seconds>', 'begin here, in seconds since the recording began', parseSeconds)
    .option('--to <seconds>', 'end here', parseSeconds);
}

const recordingsOf = async ({ config }: ConfigOptions): Promise<string> =>
  join((await readConfig(config)).config.stateDirectory, 'recordings');

/** The path of a recording: a file, or the newest of a VM. @throws OperatorError RECORDING_MISSING */
export const recordingOf = async (meant: string, options: ConfigOptions): Promise<string> =>
  resolveRecording(await recordingsFor(meant, options), meant);

/** A file that is named as such needs no configuration, as on another machine than that of `serve`. */
async function recordingsFor(meant: string, options: ConfigOptions): Promise<string> {
  const isPath = meant.includes('/') || meant.endsWith('.cast');
  if (isPath && options.config === undefined && (await isFile(meant))) return dirname(meant);
  return recordingsOf(options);
}

/** @throws OperatorError RECORDING_MISSING when a VM is named that has none */
export async function runList(
  directory: string,
  vm: string | null,
  json: boolean,
  print: Print,
): Promise<void> {
  const files = (await findRecordings(directory)).filter((file) => vm === null || file.vm === vm);
  if (vm !== null && files.length === 0) {
    throw new OperatorError('RECORDING_MISSING', `${vm} has no recording in ${directory}`);
  }
  const summaries: RecordingSummary[] = [];
  // One after the other: each may be as large as a recording can get.
  for (const file of files) summaries.push(await summarize(file));
  if (json) print(`${JSON.stringify(summaries, null, 2)}\n`);
  else if (summaries.length === 0) print(`no recordings yet in ${directory}\n`);
  else print(renderList(summaries));
}

/** @throws OperatorError RECORDING_MISSING, RECORDING_INVALID, USAGE */
export async function runShow(
  directory: string,
  meant: string,
  options: SpanOptions & { readonly text?: boolean },
  print: Print,
): Promise<void> {
  const span = spanOf(options);
  const transcript = await readRecording(await resolveRecording(directory, meant));
  print(options.text === true ? playedText(transcript, span) : playedRaw(transcript, span));
}

/** @throws OperatorError EVIDENCE_MISSING */
export async function runEvidence(directory: string, meant: string, print: Print): Promise<void> {
  const path = await findEvidence(directory, meant);
  if (path === null) {
    throw new OperatorError('EVIDENCE_MISSING', `there is no evidence of ${meant} in ${directory}`);
  }
  print(printable(await readFile(path, 'utf8')));
}

/** @throws OperatorError RECORDING_MISSING, RECORDING_INVALID, RECORDING_UNWRITABLE, USAGE */
export async function runExport(
  directory: string,
  meant: string,
  options: SpanOptions & { readonly output?: string },
  print: Print,
): Promise<void> {
  const span = spanOf(options);
  const path = await resolveRecording(directory, meant);
  const cut = cutTranscript(await readRecording(path), span);
  const { output } = options;
  if (output === undefined) return print(cut);
  if (resolve(output) === resolve(path)) {
    throw new OperatorError('RECORDING_UNWRITABLE', `${output} is the recording that is to be exported`);
  }
  try {
    await writeFile(output, cut, { mode: 0o600 });
  } catch (cause) {
    throw new OperatorError('RECORDING_UNWRITABLE', `cannot write ${output}: ${whyUnreadable(cause)}`, {
      cause,
    });
  }
}

function spanOf({ from = 0, to = Number.POSITIVE_INFINITY }: SpanOptions): Span {
  if (from <= to) return { from, to };
  throw new OperatorError('USAGE', `--from ${from} lies behind --to ${to}`);
}

function parseSeconds(text: string): number {
  if (/^\d{1,9}(?:\.\d{1,6})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Seconds are written as 90 or 12.5.');
}

function renderList(summaries: readonly RecordingSummary[]): string {
  const rows = summaries.map(({ vm, startedAt, durationSeconds, bytes, outcome, reason, path }) => [
    vm,
    startedAt === null ? '-' : renderTime(startedAt),
    `${durationSeconds.toFixed(1)} s`,
    `${Math.ceil(bytes / 1024)} KiB`,
    outcome === null ? '-' : reason === null ? outcome : `${outcome}: ${printable(reason)}`,
    path,
  ]);
  return renderTable([['VM', 'STARTED', 'DURATION', 'SIZE', 'OUTCOME', 'FILE'], ...rows]);
}
