import { Command, CommanderError } from 'commander';
import { errnoOf, messageOf, OperatorError } from '../common/error.ts';
import { loadCommands } from './commands.ts';

/** Exit statuses of every command. */
const FAILED = 1;
const USAGE = 2;

/**
 * Runs one command line to its end.
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const program = new Command('puffboot')
    .description('takes an OpenBSD VM from an order to a login prompt with nobody at the keyboard')
    .version(VERSION)
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)');
  for (const command of await loadCommands(argv[2])) program.addCommand(command);
  for (const command of everyCommand(program)) command.exitOverride();
  // A reader such as head(1) may close its end early; that is no failure of ours.
  process.stdout.on('error', (error) => (errnoOf(error) === 'EPIPE' ? process.exit(0) : undefined));
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    process.stderr.write(`${explain(error)}\n`);
    return error instanceof OperatorError && error.code === 'USAGE' ? USAGE : FAILED;
  }
}

function everyCommand(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)]);
}

/** One sentence and the way out; the stack only of what nobody foresaw, and only when asked for. */
function explain(error: unknown): string {
  if (error instanceof OperatorError) return `puffboot: ${error.message}\n  fix: ${error.fix}`;
  const stack = process.env.PUFFBOOT_LOG === 'debug' && error instanceof Error ? `\n${error.stack}` : '';
  return `puffboot: ${messageOf(error)}${stack}\n  fix: this was not foreseen; run it again with PUFFBOOT_LOG=debug and report what it prints`;
}

const VERSION = '0.1.0';
