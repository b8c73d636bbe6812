import { userInfo } from 'node:os';
import { Command } from 'commander';
import { OperatorError } from '../common/error.ts';
import { readConfig } from '../io/config-file.ts';
import { controlPath } from '../io/control-client.ts';
import { openApi } from './api.ts';
import { showConsole } from './console/show.ts';

interface ConsoleOptions {
  readonly config?: string;
  readonly take?: boolean;
}

export function consoleCommand(): Command {
  return named('console', 'take the line of a VM’s console, and type at it; ~. leaves')
    .option('--take', 'also from somebody else who holds it')
    .action(async (vm: string, options: ConsoleOptions) => {
      if (!process.stdin.isTTY || !process.stdout.isTTY) {
        throw new OperatorError(
          'TERMINAL_NEEDED',
          'standard input and output must be a terminal to type at a console',
        );
      }
      await show(vm, options, { over: options.take ?? false });
    });
}

export function watchCommand(): Command {
  return named('watch', 'show a VM’s console as it is now, read-only; Ctrl-C leaves').action(
    (vm: string, options: ConsoleOptions) => show(vm, options, null),
  );
}

export function keepCommand(): Command {
  return named(
    'keep',
    'keep the console of a VM open beyond its install; its owner cannot use it meanwhile',
  ).action(async (vm: string, options: ConsoleOptions) => {
    await post(options, `/vms/${encodeURIComponent(vm)}/keep`);
    process.stdout.write(`${vm}: kept open until \`puffboot release ${vm}\`\n`);
  });
}

export function releaseCommand(): Command {
  return named('release', 'keep the console of a VM open no longer').action(
    async (vm: string, options: ConsoleOptions) => {
      await post(options, `/vms/${encodeURIComponent(vm)}/release`);
      process.stdout.write(`${vm}: kept open no longer\n`);
    },
  );
}

export function loginCommand(): Command {
  return new Command('login')
    .description('print a link that logs a browser in, once, within five minutes')
    .option('-f, --config <file>', 'configuration file')
    .action(async (options: ConsoleOptions) => {
      const { url } = (await post(options, '/login')) as { readonly url: string };
      process.stdout.write(`${url}\n`);
    });
}

const named = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument('<vm>', 'name of the VM')
    .option('-f, --config <file>', 'configuration file');

async function show(
  vm: string,
  options: ConsoleOptions,
  take: { readonly over: boolean } | null,
): Promise<void> {
  const api = await openApi({ ...fileOf(options), needsServe: true });
  await api.call('GET', `/vms/${encodeURIComponent(vm)}`);
  const { config } = await readConfig(options.config);
  await showConsole({ socketPath: controlPath(config.stateDirectory), vm, take });
}

async function post(options: ConsoleOptions, path: string): Promise<unknown> {
  const api = await openApi({ ...fileOf(options), needsServe: true });
  return api.call('POST', path, { name: userInfo().username });
}

const fileOf = ({ config }: ConsoleOptions) => (config === undefined ? {} : { config });
