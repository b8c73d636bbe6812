import { Command } from 'commander';
import { OperatorError } from '../common/error.ts';
import { ENDED, type InstallState, type Way } from '../install/install.ts';
import type { InstallView, VmView } from '../web/operator.ts';
import { type Api, openApi } from './api.ts';
import { followAll } from './follow-all.ts';
import { eachOf, pollUntil } from './poll.ts';
import { openProgress, type ProgressView } from './progress.ts';
import { printable } from './table.ts';
import { evidenceLine } from './vm-text.ts';

interface InstallOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly detach?: boolean;
  readonly all?: boolean;
  readonly host?: string;
  readonly typed?: boolean;
  readonly watch?: boolean;
}

export const installCommand = (): Command =>
  followed('install', 'install VMs and follow them to their login prompts');
export const upgradeCommand = (): Command =>
  followed('upgrade', 'upgrade VMs to their release and follow them');

export function retryCommand(): Command {
  return new Command('retry')
    .description(
      'start a failed install once more, without a reboot, and follow it; Ctrl-C leaves it running',
    )
    .argument('<vm>', 'name of the VM, whose installer stands at its menu or its shell')
    .option('-f, --config <file>', 'configuration file')
    .option('-d, --detach', 'start it and return')
    .option('--json', 'one line per change, the VM as JSON')
    .action(async (name: string, { config, detach = false, json = false }: InstallOptions) => {
      const api = await openApi({ ...(config === undefined ? {} : { config }), needsServe: true });
      const { mode } = (await api.call('POST', `/vms/${encodeURIComponent(name)}/retry`)) as InstallView;
      if (detach) process.stdout.write(`${name}: goes on; follow it with \`puffboot vm show ${name}\`\n`);
      else await follow(api, name, mode, json);
    });
}

export function cancelCommand(): Command {
  return new Command('cancel')
    .description('end installs at once, or take them out of the queue; a VM under way is stopped')
    .argument('<vm...>', 'names of the VMs')
    .option('-f, --config <file>', 'configuration file')
    .action(async (names: readonly string[], { config }: InstallOptions) => {
      const api = await openApi({ ...(config === undefined ? {} : { config }), needsServe: true });
      await eachOf(names, async (name) => {
        await api.call('POST', `/vms/${encodeURIComponent(name)}/cancel`);
        process.stdout.write(`${name}: cancelled\n`);
      });
    });
}

function followed(mode: 'install' | 'upgrade', description: string): Command {
  const command = new Command(mode);
  if (mode === 'upgrade') {
    command
      .option('--typed', 'answer every question on the console, without a response file')
      .option('--watch', 'do nothing but watch: the guest upgrades itself with sysupgrade(8)');
  }
  return command
    .description(`${description}; Ctrl-C leaves it running`)
    .argument('[vm...]', 'names of the VMs')
    .option('-f, --config <file>', 'configuration file')
    .option('-a, --all', mode === 'install' ? 'every VM that is not installed yet' : 'every installed VM')
    .option('--host <host>', 'with --all: only those on this host')
    .option('-d, --detach', 'queue them and return')
    .option('--json', 'one line per change, the VM as JSON')
    .action(async (given: readonly string[], options: InstallOptions) => {
      const { config, json = false } = options;
      const api = await openApi({ ...(config === undefined ? {} : { config }), needsServe: true });
      const order = { mode, way: wayOf(options) };
      const names = await chosen(api, given, mode, options);
      const queued: string[] = [];
      const refused = await eachOf(names, async (name) => {
        await api.call('POST', `/vms/${encodeURIComponent(name)}/install`, order);
        queued.push(name);
        if (options.detach) {
          process.stdout.write(`${name}: ${mode} queued; follow it with \`puffboot vm show ${name}\`\n`);
        }
      });
      if (options.detach || queued.length === 0) return;
      const [only] = queued;
      if (queued.length === 1 && refused === 0 && only !== undefined) await follow(api, only, mode, json);
      else await followAll(api, queued, mode, json);
    });
}

/** @throws OperatorError USAGE when both are given */
function wayOf({ typed = false, watch = false }: InstallOptions): Way {
  if (typed && watch) throw new OperatorError('USAGE', 'give --typed or --watch, not both');
  return typed ? 'type' : watch ? 'watch' : 'auto';
}

/** @throws OperatorError USAGE when it isn't clear which are meant */
async function chosen(
  api: Api,
  given: readonly string[],
  mode: 'install' | 'upgrade',
  { all = false, host }: InstallOptions,
): Promise<readonly string[]> {
  if (all === given.length > 0) throw new OperatorError('USAGE', `name the VMs to ${mode}, or give --all`);
  if (!all && host !== undefined) throw new OperatorError('USAGE', '--host goes with --all');
  if (!all) return [...new Set(given)];
  const vms = (await api.call('GET', '/vms')) as readonly VmView[];
  const fits = ({ install }: VmView) =>
    mode === 'upgrade' ? install?.state === 'running' : install === null || isUnsuccessful(install.state);
  const names = vms
    .filter((vm) => (host === undefined || vm.host === host) && fits(vm))
    .map(({ name }) => name);
  if (names.length === 0)
    process.stdout.write(
      `no VM${host === undefined ? '' : ` on ${host}`} is to be ${mode === 'install' ? 'installed' : 'upgraded'}\n`,
    );
  return names;
}

const isUnsuccessful = (state: InstallState): boolean => state === 'failed' || state === 'cancelled';

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

function poll(api: Api, name: string, view: ProgressView, signal: AbortSignal): Promise<InstallView | null> {
  return pollUntil(signal, view.away, async () => {
    const vm = (await api.call('GET', `/vms/${encodeURIComponent(name)}`)) as VmView;
    view.show(vm);
    return vm.install !== null && isEnd(vm.install.state) ? vm.install : null;
  });
}

const isEnd = (state: InstallState): boolean => ENDED.has(state);

function failure(name: string, { state, failure: why, mode }: InstallView): OperatorError {
  if (why === null) return new OperatorError('INSTALL_FAILED', `${name}: the ${mode} was ${state}`);
  const tail = why.tail === '' ? '' : `\n  the console's last lines:\n${indent(why.tail)}`;
  const line = evidenceLine(name, why);
  const evidence = line === null ? '' : `\n  ${line}`;
  return new OperatorError(
    'INSTALL_FAILED',
    `${name}: ${mode} failed while ${why.phase}: ${why.reason}${tail}${evidence}\n  next: ${why.next}`,
  );
}

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .slice(-15)
    .map((line) => `    | ${printable(line)}`)
    .join('\n');
