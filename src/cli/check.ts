import { Command } from 'commander';
import { OperatorError } from '../common/error.ts';
import { renderMistakes } from '../config/mistake.ts';
import { inspectConfig } from '../config/parse.ts';
import { findConfig } from '../io/config-file.ts';
import { readOwnPrompts } from './prompts-file.ts';

interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `puffboot check`: the configuration alone. */
export function checkCommand(): Command {
  return new Command('check')
    .description('check the configuration: every mistake at once, with line and key')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action(check);
}

async function check(options: CheckOptions): Promise<void> {
  const { file, text } = await findConfig(options.config);
  const { config, mistakes } = inspectConfig(text);
  if (config === null) {
    if (!options.json) throw new OperatorError('CONFIG_INVALID', renderMistakes(file, mistakes));
    print({ file, ok: false, mistakes });
    process.exitCode = 1;
    return;
  }
  const prompts = await mistakesOf(config.console.prompts);
  if (prompts !== null && !options.json) throw prompts;
  if (prompts !== null) {
    print({ file, ok: false, mistakes: [{ line: null, key: 'console.prompts', message: prompts.message }] });
    process.exitCode = 1;
    return;
  }
  const [hosts, subnets] = [config.hosts.length, config.subnets.length];
  if (options.json) print({ file, ok: true, hosts, subnets, mistakes });
  else process.stdout.write(`${file}: ok, ${count(hosts, 'host')}, ${count(subnets, 'subnet')}\n`);
}

/** What is wrong with the operator's own prompts, which are a file of their own. */
async function mistakesOf(prompts: string | undefined): Promise<OperatorError | null> {
  try {
    await readOwnPrompts(prompts);
    return null;
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
}

const print = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
