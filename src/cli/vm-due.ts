import { type Command, InvalidArgumentError } from 'commander';
import { type Due, dueOf } from '../inventory/due.ts';
import type { VmView } from '../web/operator.ts';
import { printable, renderTable } from './table.ts';
import { ask, type CommonOptions, common, print } from './vm-common.ts';

/** `puffboot vm due`: whose paid time is over, or soon will be. */
export function dueCommand(): Command {
  return common('due', 'list the VMs whose paid time ends soon, or has ended')
    .option('--within <days>', 'days from today on', days, 14)
    .action(async (options: CommonOptions & { readonly within: number }) => {
      const vms = (await ask(options, (api) => api.call('GET', '/vms'))) as readonly VmView[];
      const due = dueOf(vms, Date.now(), options.within);
      const rows = due.map(({ vm, ...rest }) => ({
        name: vm.name,
        owner: vm.owner,
        email: vm.email,
        ...rest,
      }));
      print(options, rows, renderDue(due, options.within));
    });
}

function renderDue(due: readonly Due<VmView>[], within: number): string {
  if (due.length === 0) return `nothing is due within ${within} days\n`;
  const header = ['NAME', 'HOST', 'OWNER', 'PAID UNTIL', 'DAYS', 'EMAIL'];
  const rows = due.map(({ vm, paidUntil, days: left }) => [
    vm.name,
    vm.host,
    vm.owner ?? 'none',
    paidUntil,
    String(left),
    printable(vm.email ?? 'none'),
  ]);
  return renderTable([header, ...rows]);
}

function days(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Expected a number of days.');
  return Number(text);
}
