import { Command } from 'commander';
import { OperatorError } from '../common/error.ts';
import type { VmView } from '../web/operator.ts';
import { ask, type CommonOptions, common, print } from './vm-common.ts';
import { dueCommand } from './vm-due.ts';
import { exportCommand, importCommand } from './vm-files.ts';
import { addChoiceOptions, addEmptyingOptions, type ChoiceOptions, changeOf } from './vm-options.ts';
import { listRetired, rmCommand } from './vm-rm.ts';
import { renderVm, renderVmList } from './vm-text.ts';

const SUBCOMMANDS: readonly (() => Command)[] = [
  addCommand,
  listCommand,
  showCommand,
  setCommand,
  rmCommand,
  dueCommand,
  importCommand,
  exportCommand,
];

/** `puffboot vm ...`: the inventory. */
export function vmCommand(): Command {
  const command = new Command('vm').description('the inventory of VMs');
  for (const make of SUBCOMMANDS) command.addCommand(make());
  return command;
}

function addCommand(): Command {
  const command = common('add', 'add a VM: it is given an id and addresses on a host with room')
    .argument('<name>', 'name of the VM')
    .option('--host <host>', 'host that is to run it; without it, the one with most room');
  return addChoiceOptions(command).action(
    async (name: string, options: CommonOptions & ChoiceOptions & { readonly host?: string }) => {
      const order = { name, host: options.host ?? null, ...(await changeOf(options)) };
      const vm = (await ask(options, (api) => api.call('POST', '/vms', order))) as VmView;
      const place = `VM ${vm.id} of ${vm.host}, ${vm.lladdr}, ${vm.ipv4}`;
      const keyless = vm.sshKeys.length === 0 ? warnKeyless(vm.name) : '';
      print(options, vm, `${vm.name}: added as ${place}; now \`puffboot install ${vm.name}\`\n${keyless}`);
    },
  );
}

function listCommand(): Command {
  const command = common('list', 'list all VMs').option('--retired', 'those that were removed instead');
  return command.action(async (options: CommonOptions & { readonly retired?: boolean }) => {
    if (options.retired) return listRetired(options);
    const vms = (await ask(options, (api) => api.call('GET', '/vms'))) as readonly VmView[];
    print(options, vms, renderVmList(vms));
  });
}

function showCommand(): Command {
  return common('show', 'show a VM with the phases of its last install')
    .argument('<name>', 'name of the VM')
    .action(async (name: string, options: CommonOptions) => {
      const vm = (await ask(options, (api) => api.call('GET', pathOf(name)))) as VmView;
      print(options, vm, renderVm(vm));
    });
}

function setCommand(): Command {
  const command = common('set', 'change what a VM gets at its next install').argument(
    '<name>',
    'name of the VM',
  );
  return addEmptyingOptions(addChoiceOptions(command)).action(
    async (name: string, options: CommonOptions & ChoiceOptions) => {
      const change = await changeOf(options);
      if (Object.keys(change).length === 0) {
        throw new OperatorError('USAGE', `nothing to change of ${name}: give at least one option`);
      }
      const vm = (await ask(options, (api) => api.call('PATCH', pathOf(name), change))) as VmView;
      print(options, vm, `${vm.name}: changed, for its next install\n`);
    },
  );
}

/** Passwords are locked, so this VM would be shut for everybody. */
const warnKeyless = (name: string): string =>
  `${name} has no ssh key, so nobody could log in: \`puffboot vm set ${name} --key-file FILE\`\n`;

const pathOf = (name: string): string => `/vms/${encodeURIComponent(name)}`;
