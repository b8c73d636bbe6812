import { Command } from 'commander';
import type { PrivateNetwork } from '../inventory/network.ts';
import { renderTable } from './table.ts';
import { ask, type CommonOptions, common, print } from './vm-common.ts';

/** `puffboot net ...`: private networks between VMs of one owner. */
export function netCommand(): Command {
  const command = new Command('net').description('private networks between VMs of one owner on one host');
  for (const make of [addCommand, listCommand, rmCommand]) command.addCommand(make());
  return command;
}

const LATER = 'in force from the next `puffboot apply`, and in a VM from its next start';

function addCommand(): Command {
  return common('add', 'connect VMs by a switch of their own; it is made with the first two')
    .argument('<name>', 'name of the network, and of its switch')
    .argument('<vm...>', 'VMs that are to be in it')
    .action(async (name: string, vms: readonly string[], options: CommonOptions) => {
      const path = `/networks/${encodeURIComponent(name)}`;
      const network = (await ask(options, (api) => api.call('POST', path, { vms }))) as PrivateNetwork;
      print(options, network, `${name}: ${network.vms.join(', ')} on ${network.host}; ${LATER}\n`);
    });
}

function listCommand(): Command {
  return common('list', 'list all private networks').action(async (options: CommonOptions) => {
    const networks = (await ask(options, (api) => api.call('GET', '/networks'))) as readonly PrivateNetwork[];
    const rows = networks.map(({ name, host, number, owner, vms }) => [
      name,
      host,
      String(number),
      owner ?? 'none',
      vms.join(' '),
    ]);
    const table = renderTable([['NAME', 'HOST', 'NUMBER', 'OWNER', 'VMS'], ...rows]);
    print(options, networks, rows.length === 0 ? 'no private networks\n' : table);
  });
}

function rmCommand(): Command {
  return common('rm', 'take VMs out of a private network, or end it')
    .argument('<name>', 'name of the network')
    .argument('[vm...]', 'VMs that leave it; without any, all of them')
    .action(async (name: string, vms: readonly string[], options: CommonOptions) => {
      const path = `/networks/${encodeURIComponent(name)}`;
      const left = (await ask(options, (api) => api.call('DELETE', path, { vms }))) as PrivateNetwork | null;
      const now = left === null ? 'is no more' : `has ${left.vms.join(', ')} left`;
      print(options, left, `${name} ${now}; ${LATER}\n`);
    });
}
