import { Command } from 'commander';
import { OperatorError } from '../common/error.ts';
import { openApi } from './api.ts';

interface NetbootOptions {
  readonly config?: string;
  readonly explain?: string;
  readonly arch?: string;
  readonly release?: string;
}

export function netbootCommand(): Command {
  return new Command('netboot')
    .description('what netboot tells a machine')
    .option('-f, --config <file>', 'configuration file')
    .option('--explain <lladdr>', 'what this machine would be told now, and why')
    .option(
      '--arch <number>',
      'with --explain: its ROM asks, and gives this architecture (RFC 4578: 0 BIOS, 7 x64)',
    )
    .option(
      '--release <release>',
      'with --explain: the release of the installer that asks, where it is another',
    )
    .action(async (options: NetbootOptions) => {
      if (options.explain === undefined)
        throw new OperatorError('USAGE', 'name a machine with --explain LLADDR');
      for (const sentence of await explained(options.explain, options)) process.stdout.write(`${sentence}\n`);
    });
}

async function explained(
  lladdr: string,
  { config, arch, release }: NetbootOptions,
): Promise<readonly string[]> {
  const api = await openApi(config === undefined ? {} : { config });
  try {
    const query = new URLSearchParams({ ...(arch && { arch }), ...(release && { release }) });
    const answer = await api.call('GET', `/netboot/explain/${encodeURIComponent(lladdr)}?${query}`);
    return (answer as { sentences: readonly string[] }).sentences;
  } finally {
    await api.close();
  }
}
