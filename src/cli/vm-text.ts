import { renderSize } from '../common/form.ts';
import type { InstallView, VmView } from '../web/operator.ts';
import { duration } from '../web/phase.ts';
import { printable, renderTable, renderTime } from './table.ts';

/** The VMs as an aligned table. */
export function renderVmList(vms: readonly VmView[]): string {
  if (vms.length === 0) return 'no VMs yet; add one with `puffboot vm add NAME`\n';
  const header = ['NAME', 'HOST', 'ID', 'LLADDR', 'ADDRESS', 'RELEASE', 'STATE'];
  const rows = vms.map((vm) => [
    vm.name,
    vm.host,
    String(vm.id),
    vm.lladdr,
    vm.ipv4,
    vm.release,
    vm.install === null ? 'never installed' : stateOf(vm.install),
  ]);
  return renderTable([header, ...rows]);
}

/** All about one VM, for reading. */
export function renderVm(vm: VmView): string {
  const fields: readonly (readonly [string, string])[] = [
    ['name', vm.name],
    ['host', `${vm.host}, VM ${vm.id}`],
    ['hostname', vm.hostName],
    ['lladdr', vm.lladdr],
    ['address', vm.ipv4],
    ['IPv6', vm.ipv6 ?? 'none'],
    ['owner', vm.owner ?? 'none'],
    ...vm.sshKeys.map((key) => ['ssh key', key] as const),
    ['memory', renderSize(vm.memoryMiB)],
    ['disks', `${vm.diskSizesMiB.map(renderSize).join(' ')} (${vm.diskFormat})`],
    ['release', `${vm.release} ${vm.arch}`],
    ['sets', vm.sets.length === 0 ? 'default' : vm.sets.join(' ')],
    ['timezone', vm.timezone],
    ['added', renderTime(vm.createdAt)],
    ['state', vm.install === null ? 'never installed' : stateOf(vm.install)],
  ];
  return renderTable(fields) + (vm.install === null ? '' : renderInstall(vm.install));
}

/** Phases with the moment and the time since the first, then the failure. */
function renderInstall({ mode, phases, failure }: InstallView): string {
  const begun = phases[0]?.at ?? 0;
  const rows = phases.map(({ name, at }) => ['', renderTime(at), duration(at - begun), name]);
  const text = `${mode}:\n${renderTable(rows)}`;
  if (failure === null) return text;
  const tail = printable(failure.tail).trimEnd();
  return [
    `${text}failed while ${failure.phase}: ${printable(failure.reason)}\n`,
    ...(tail === '' ? [] : [`the console's end:\n${tail.replace(/^/gm, '  | ')}\n`]),
    `next: ${printable(failure.next)}\n`,
  ].join('');
}

function stateOf({ state, progress }: InstallView): string {
  return progress === null ? state : `${state} (${progress.file} ${progress.percent}%)`;
}
