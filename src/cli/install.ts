import { Command } from 'commander';
import { OperatorError } from '../common/error.ts';
import { ENDED, type InstallState } from '../install/install.ts';
import type { InstallView, VmView } from '../web/operator.ts';
import { type Api, isAway, openApi } from './api.ts';
import { openProgress, type ProgressView } from './progress.ts';
import { printable } from './table.ts';

interface InstallOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly detach?: boolean;
}

export const installCommand = (): Command =>
  followed('install', 'install a VM and follow it to its login prompt');
export const upgradeCommand = (): Command => followed('upgrade', 'upgrade a VM to its release and follow it');

export function cancelCommand(): Command {
  return new Command('cancel')
    .description('end an install at once and stop the VM')
    .argument('<vm>', 'name of the VM')
    .option('-f, --config <file>', 'configuration file')
    .action(async (name: string, { config }: InstallOptions) => {
      const api = await openApi({ ...(config === undefined ? {} : { config }), needsServe: true });
      await api.call('POST', `/vms/${encodeURIComponent(name)}/cancel`);
      process.stdout.write(`${name}: cancelled\n`);
    });
}

function followed(mode: 'install' | 'upgrade', description: string): Command {
  return new Command(mode)
    .description(`${description}; Ctrl-C leaves it running`)
    .argument('<vm>', 'name of the VM')
    .option('-f, --config <file>', 'configuration file')
    .option('-d, --detach', 'start it and return')
    .option('--json', 'one line per change, the VM as JSON')
    .action(async (name: string, options: InstallOptions) => {
      const { config } = options;
      const api = await openApi({ ...(config === undefined ? {} : { config }), needsServe: true });
      await api.call('POST', `/vms/${encodeURIComponent(name)}/install`, { mode });
      if (options.detach) {
        process.stdout.write(`${name}: ${mode} started; follow it with \`puffboot vm show ${name}\`\n`);
        return;
      }
      await follow(api, name, mode, options.json ?? false);
    });
}

/** Follows an install to its end, across restarts of `serve`. Sets the exit status. */
export async function follow(api: Api, name: string, mode: string, json: boolean): Promise<void> {
  const view = openProgress(process.stdout, json);
  const stop = new AbortController();
  const interrupt = () => {
    view.close();
    process.stdout.write(
      `${name}: the ${mode} goes on in serve; see \`puffboot vm show ${name}\`, end it with \`puffboot cancel ${name}\`\n`,
    );
    stop.abort();
  };
  process.once('SIGINT', interrupt);
  try {
    const end = await poll(api, name, view, stop.signal);
    if (end === null) return;
    view.close();
    if (end.state !== 'running') throw failure(name, end);
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}

/** How often `serve` is asked, and for how long it may be away before that is an error. */
const ASK_EVERY_MS = 300;
const AWAY_MS = 60_000;

async function poll(
  api: Api,
  name: string,
  view: ProgressView,
  signal: AbortSignal,
): Promise<InstallView | null> {
  let awaySince: number | null = null;
  while (!signal.aborted) {
    try {
      const vm = (await api.call('GET', `/vms/${encodeURIComponent(name)}`)) as VmView;
      awaySince = null;
      view.show(vm);
      if (vm.install !== null && isEnd(vm.install.state)) return vm.install;
    } catch (error) {
      if (!isAway(error)) throw error;
      awaySince ??= Date.now();
      if (Date.now() - awaySince > AWAY_MS) throw error;
      view.away();
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  return null;
}

const isEnd = (state: InstallState): boolean => ENDED.has(state);

function failure(name: string, { state, failure: why, mode }: InstallView): OperatorError {
  if (why === null) return new OperatorError('INSTALL_FAILED', `${name}: the ${mode} was ${state}`);
  const tail = why.tail === '' ? '' : `\n  the console's last lines:\n${indent(why.tail)}`;
  return new OperatorError(
    'INSTALL_FAILED',
    `${name}: ${mode} failed while ${why.phase}: ${why.reason}${tail}\n  next: ${why.next}`,
  );
}

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .slice(-15)
    .map((line) => `    | ${printable(line)}`)
    .join('\n');
