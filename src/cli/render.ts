import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { messageOf, OperatorError } from '../common/error.ts';
import { show } from '../common/form.ts';
import type { Config, HostConfig } from '../config/schema.ts';
import { type HostKey, parseHostKeys, renderKnownHosts, renderSshfp } from '../host/host-keys.ts';
import { replaceOwned } from '../host/owned-block.ts';
import type { NamedMachine } from '../host/zone.ts';
import { HOST_FILES, type HostFileKind, namedMachine, renderHostFile } from '../install/host-files.ts';
import { hasSystem } from '../install/wanted.ts';
import { readConfig } from '../io/config-file.ts';
import type { VmView } from '../web/operator.ts';
import { openApi } from './api.ts';
import { renderTable } from './table.ts';

interface RenderOptions {
  readonly config?: string;
  readonly into?: string;
  readonly stopped: readonly string[];
  readonly bootNet: readonly string[];
  readonly hostKeys?: string;
  readonly secrets?: boolean;
}

/** What is rendered for one VM, and what about it. */
const VM_KINDS: Readonly<Record<string, string>> = {
  'install.conf': 'the response file of a VM, as it is served while armed',
  'upgrade.conf': 'the same for an unattended upgrade',
  known_hosts: "a VM's host keys for ssh(1), from --host-keys",
  sshfp: "SSHFP records of a VM's host keys, from --host-keys",
};

/** `puffboot render KIND [HOST|VM]`: any file that follows from inventory and configuration. */
export function renderCommand(): Command {
  const rows = [
    ...Object.entries(HOST_FILES).map(([kind, { about }]) => [kind, about]),
    ...Object.entries(VM_KINDS),
  ];
  return new Command('render')
    .description('print a file as it follows from inventory and configuration; nothing is changed')
    .argument('<kind>', 'which file, see below')
    .argument('[name]', 'host or VM; a host may be left out where there is only one')
    .option('-f, --config <file>', 'configuration file')
    .option('--into <file>', "print this file with puffboot's part replaced, instead of that part alone")
    .option('--stopped <vm>', 'vm.conf: do not start this VM with the host; once for each', collect, [])
    .option('--boot-net <vm>', 'vm.conf: let this VM install itself at its start; once for each', collect, [])
    .option('--host-keys <file>', 'known_hosts, sshfp: host keys as ssh-keyscan(1) prints them')
    .option('--secrets', 'install.conf: show what stands behind the keys instead of ***')
    .addHelpText(
      'after',
      `\nKinds:\n${renderTable(rows.map(([kind = '', about = '']) => [`  ${kind}`, about]))}`,
    )
    .action(render);
}

const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

async function render(kind: string, name: string | undefined, options: RenderOptions): Promise<void> {
  const { config } = await readConfig(options.config);
  if (isHostFile(kind)) {
    const text = await hostFile(kind, hostNamed(config, name), config, options);
    process.stdout.write(
      options.into === undefined ? text : replaceOwned(await read(options.into), text, options.into),
    );
    return;
  }
  if (!Object.hasOwn(VM_KINDS, kind)) {
    const kinds = [...Object.keys(HOST_FILES), ...Object.keys(VM_KINDS)].join(', ');
    throw new OperatorError('USAGE', `there is no kind ${show(kind)}; the kinds are ${kinds}`);
  }
  if (name === undefined) throw new OperatorError('USAGE', `${kind} is rendered for a VM: name it`);
  if (options.into !== undefined) throw new OperatorError('USAGE', `--into is for the files of a host`);
  process.stdout.write(await vmFile(kind, name, config, options));
}

const isHostFile = (kind: string): kind is HostFileKind => Object.hasOwn(HOST_FILES, kind);

/** @throws OperatorError HOST_NOT_FOUND, USAGE where several could be meant */
function hostNamed(config: Config, name: string | undefined): HostConfig {
  const names = config.hosts.map((host) => host.name).join(', ');
  const [first, ...more] =
    name === undefined ? config.hosts : config.hosts.filter((host) => host.name === name);
  if (first === undefined) {
    throw new OperatorError('HOST_NOT_FOUND', `there is no host ${show(name)}; the hosts are ${names}`);
  }
  if (more.length > 0) throw new OperatorError('USAGE', `name one of the hosts: ${names}`);
  return first;
}

async function hostFile(
  kind: HostFileKind,
  host: HostConfig,
  config: Config,
  { config: file, stopped, bootNet }: RenderOptions,
): Promise<string> {
  const all = (await call(file, '/vms')) as readonly VmView[];
  const vms = all.filter((vm) => vm.host === host.name);
  const stranger = [...stopped, ...bootNet].find((name) => !vms.some((vm) => vm.name === name));
  if (stranger !== undefined) {
    throw new OperatorError('VM_NOT_FOUND', `there is no VM ${show(stranger)} on ${host.name}`);
  }
  const idle = vms.filter((vm) => !hasSystem(vm.install, vm.installed)).map((vm) => vm.name);
  return renderHostFile(kind, {
    config,
    host,
    vms,
    stopped: new Set([...stopped, ...idle]),
    bootNet: new Set(bootNet),
  });
}

async function vmFile(kind: string, name: string, config: Config, options: RenderOptions): Promise<string> {
  const path = `/vms/${encodeURIComponent(name)}`;
  if (kind === 'install.conf' || kind === 'upgrade.conf') {
    const query = `?mode=${kind.replace('.conf', '')}${options.secrets ? '&secrets' : ''}`;
    return ((await call(options.config, `${path}/response-file${query}`)) as { readonly text: string }).text;
  }
  if (options.hostKeys === undefined) {
    throw new OperatorError('USAGE', `${kind} needs the VM's host keys: give --host-keys FILE`);
  }
  const keys = parseHostKeys(await read(options.hostKeys));
  const machine = namedMachine(config, (await call(options.config, path)) as VmView);
  return hostKeyText(kind, machine, keys);
}

function hostKeyText(kind: string, machine: NamedMachine, keys: readonly HostKey[]): string {
  if (kind === 'known_hosts') return renderKnownHosts(machine, keys);
  return renderSshfp(machine, keys, 3600, (bytes) => createHash('sha256').update(bytes).digest('hex'));
}

async function call(config: string | undefined, path: string): Promise<unknown> {
  const api = await openApi(config === undefined ? {} : { config });
  try {
    return await api.call('GET', path);
  } finally {
    await api.close();
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new OperatorError('USAGE', `${file} cannot be read: ${messageOf(error)}`);
  }
}
