import { Command, Option } from 'commander';
import { readConfig } from '../io/config-file.ts';
import { openApi } from './api.ts';
import { carryFeed, serveNetbootAlone } from './netboot-service.ts';

interface NetbootOptions {
  readonly config?: string;
  readonly channel?: 'stdio';
  readonly explain?: string;
  readonly arch?: string;
  readonly release?: string;
}

export function netbootCommand(): Command {
  return new Command('netboot')
    .description('serve DHCP, TFTP and boot HTTP alone, fed by a `serve` on another machine')
    .option('-f, --config <file>', 'configuration file')
    .addOption(
      new Option(
        '--channel <kind>',
        'carry a feed to the running `puffboot netboot`: what ssh(1) is told to run here',
      ).choices(['stdio']),
    )
    .option('--explain <lladdr>', 'say what this machine would be told now, and why, instead')
    .option(
      '--arch <number>',
      'with --explain: its ROM asks, and gives this architecture (RFC 4578: 0 BIOS, 7 x64)',
    )
    .option(
      '--release <release>',
      'with --explain: the release of the installer that asks, where it is another',
    )
    .action(netboot);
}

async function netboot(options: NetbootOptions): Promise<void> {
  if (options.explain !== undefined) {
    for (const sentence of await explained(options.explain, options)) process.stdout.write(`${sentence}\n`);
    return;
  }
  const { config } = await readConfig(options.config);
  await (options.channel === 'stdio' ? carryFeed(config) : serveNetbootAlone(config));
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
