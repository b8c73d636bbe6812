import { Command, Option } from 'commander';
import type { DialogueFacts } from '../../console/dialogue.ts';
import { type DriveResult, drive } from '../../console/io/driver.ts';
import { writeEvidence } from '../../console/io/evidence-file.ts';
import { openRecorder, type Recorder } from '../../console/io/recorder.ts';
import { CONSOLE_KINDS, type ConsoleKind, MANNERS } from '../../console/manner.ts';
import { maskSecrets, secretsOf } from '../../console/mask.ts';
import type { Answer } from '../autoinstall/response-file.ts';
import { OperatorError } from '../common/error.ts';
import { type Log, SILENT_LOG } from '../common/port.ts';
import { SYSTEM_CLOCK } from '../io/clock.ts';
import { readAnswers } from './answers-file.ts';
import { consoleOf, kindOfConsole, SIZE } from './drive-console.ts';
import { inForeground, openKeyboard } from './drive-keyboard.ts';
import { type DriveScreen, viewOf } from './drive-view.ts';
import { promptsOption, readPrompts } from './prompts-file.ts';
import { modeOption } from './replay.ts';
import { printable } from './table.ts';

export interface DriveOptions {
  /** A console by its address, instead of a command. */
  readonly connect?: string;
  readonly answers?: string;
  readonly location?: string;
  readonly mode?: 'auto' | 'type' | 'upgrade' | 'watch';
  /** What the line is, where the command does not tell. */
  readonly console?: ConsoleKind;
  /** The installer stands there already. */
  readonly standing?: boolean;
  readonly prompts?: string;
  readonly record?: string;
  /** Where to write what the machine says of its failure. */
  readonly evidence?: string;
  readonly until?: 'congratulations' | 'login';
  readonly json?: boolean;
}

export function driveCommand(): Command {
  return new Command('drive')
    .description('answer the OpenBSD installer on any command that is a console')
    .argument('[command...]', 'the command and its arguments, behind --')
    .option(
      '--connect <address>',
      'instead of a command: unix:/PATH of a socket, or HOST:PORT (telnet or plain TCP)',
    )
    .option('--answers <file>', 'the response file (install.conf) to answer from')
    .option('--location <url>', 'what to type at "Response file location?"')
    .addOption(modeOption())
    .option('--standing', 'begin at an installer that stands at its menu, or at its shell after a failure')
    .addOption(
      new Option('--console <kind>', 'how to type, where the command does not tell').choices(CONSOLE_KINDS),
    )
    .addOption(promptsOption())
    .option('--record <file>', 'record the console in asciicast v2')
    .option(
      '--evidence <file>',
      'when the install fails, ask the machine for its log and state, and write it here',
    )
    .addOption(
      new Option('--until <sight>', 'what ends the work')
        .choices(['congratulations', 'login'])
        .default('congratulations'),
    )
    .option('--json', 'print one JSON object an event, and the report last')
    .action(async (argv: readonly string[], options: DriveOptions) => {
      await untilInterrupted((signal) => driveOrFail(argv, options, signal));
    });
}

/**
 * Runs a command on a terminal of its own, or connects to an address, and installs over it.
 * @throws OperatorError RESPONSE_FILE_MISSING, RESPONSE_FILE_INVALID, PROMPTS_MISSING, PROMPTS_INVALID,
 *         RECORDING_UNWRITABLE, CONSOLE_SPAWN, CONSOLE_CONNECT, USAGE; how the install ends is a result
 */
export async function runDrive(
  argv: readonly string[],
  options: DriveOptions,
  screen: DriveScreen,
  signal: AbortSignal,
): Promise<DriveResult> {
  const open = consoleOf(argv, options.connect);
  const facts = await factsOf(options);
  const recorder = await recorderOf(argv, options, facts.answers, screen);
  try {
    const line = await open();
    const console = options.console ?? kindOfConsole(argv, options.connect);
    const keyboard = screen.types
      ? openKeyboard({ line, manner: MANNERS[console], recorder, out: screen.out, size: SIZE })
      : null;
    recorder?.attach(line);
    const view = viewOf(options.json === true, { ...screen, out: keyboard?.out ?? screen.out }, facts.table);
    const evidence = options.evidence !== undefined;
    const parts = { line, clock: SYSTEM_CLOCK, facts, onEvent: view.show, signal, evidence, console };
    const result = await drive({
      ...parts,
      ...(recorder === null ? {} : { recorder }),
      ...(keyboard === null ? {} : { line: keyboard.held.line, held: keyboard.held }),
    });
    keyboard?.close();
    line.close();
    await line.closed;
    view.end(result);
    const title = maskSecrets(titleOf(argv, options), secretsOf(facts.answers));
    await keepEvidence(result, title, options.evidence, screen);
    return result;
  } finally {
    await recorder?.close();
  }
}

async function keepEvidence(
  { evidence, reason, release }: DriveResult,
  title: string,
  path: string | undefined,
  screen: DriveScreen,
): Promise<void> {
  if (path === undefined || reason === null) return;
  if (evidence === null || evidence.sections.length === 0) {
    screen.err(`puffboot: no evidence: ${evidence?.cut ?? 'the machine stands at no menu, shell or ddb'}\n`);
    return;
  }
  await writeEvidence(path, { title, at: SYSTEM_CLOCK.now(), reason, release }, evidence);
  screen.err(`puffboot: evidence in ${path}\n`);
}

const titleOf = (argv: readonly string[], { connect }: DriveOptions): string => connect ?? argv.join(' ');

async function driveOrFail(
  argv: readonly string[],
  options: DriveOptions,
  signal: AbortSignal,
): Promise<void> {
  const screen: DriveScreen = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    redraws: process.stdout.isTTY === true,
    types: options.json !== true && process.stdin.isTTY && process.stdout.isTTY && inForeground(),
  };
  const result = await runDrive(argv, options, screen, signal);
  if (result.outcome === 'installed' || result.outcome === 'upgraded') return;
  screen.err(`${printable(result.tail)}\n\n`);
  throw new OperatorError('DRIVE_FAILED', result.reason ?? 'the install has not ended');
}

/** The first SIGINT or SIGTERM ends the drive in order, so that console and recording are closed; a second kills. */
async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    await work(controller.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

async function factsOf(options: DriveOptions): Promise<DialogueFacts> {
  const { mode = 'auto', location = null, until = 'congratulations', standing = false } = options;
  if (standing && mode === 'watch') {
    throw new OperatorError(
      'USAGE',
      '--mode watch types nothing, and --standing begins an install: give one',
    );
  }
  if (options.answers === undefined && mode === 'type') {
    throw new OperatorError('RESPONSE_FILE_MISSING', '--mode type has nothing to type without --answers');
  }
  return {
    mode,
    location,
    until,
    ...(standing ? { taking: 'again' as const } : {}),
    ...(await readPrompts(options.prompts)),
    answers: options.answers === undefined ? [] : await readAnswers(options.answers),
  };
}

async function recorderOf(
  argv: readonly string[],
  options: DriveOptions,
  answers: readonly Answer[],
  screen: DriveScreen,
): Promise<Recorder | null> {
  const { record } = options;
  if (record === undefined) return null;
  const secrets = secretsOf(answers);
  const log: Log = {
    ...SILENT_LOG,
    warn: (event, fields) =>
      screen.err(`puffboot: ${event} ${JSON.stringify(fields)}; the install goes on\n`),
  };
  const title = titleOf(argv, options);
  return openRecorder({ path: record, clock: SYSTEM_CLOCK, ...SIZE, title, secrets, log });
}
