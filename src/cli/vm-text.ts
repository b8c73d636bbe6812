import { renderSize } from '../common/form.ts';
import { type Failure, WAITING } from '../install/install.ts';
import type { InstallView, Question, VmView } from '../web/operator.ts';
import { duration, queueText } from '../web/phase.ts';
import { printable, renderTable, renderTime } from './table.ts';

/** The VMs as an aligned table. */
export function renderVmList(vms: readonly VmView[]): string {
  if (vms.length === 0) return 'no VMs yet; add one with `puffboot vm add NAME`\n';
  const header = ['NAME', 'HOST', 'ID', 'LLADDR', 'ADDRESS', 'RELEASE', 'STATE'];
  const rows = vms.map((vm) => [vm.name, vm.host, String(vm.id), vm.lladdr, vm.ipv4, vm.release, wordOf(vm)]);
  return renderTable([header, ...rows]);
}

/** All about one VM, for reading. */
export function renderVm(vm: VmView): string {
  const fields: readonly (readonly [string, string])[] = [
    ['name', vm.name],
    ['host', `${vm.host}, VM ${vm.id}`],
    ['hostname', vm.hostName],
    ['lladdr', vm.lladdr],
    ['address', vm.ipv4Method === 'static' ? `${vm.ipv4}, static` : vm.ipv4],
    ['IPv6', vm.ipv6 ?? 'none'],
    ...vm.nics.map((nic) => ['network', `${nic.network}, ${nic.lladdr}`] as const),
    ['owner', vm.owner ?? 'none'],
    ...vm.sshKeys.map((key) => ['ssh key', key] as const),
    ['memory', renderSize(vm.memoryMiB)],
    ['disks', `${vm.diskSizesMiB.map(renderSize).join(' ')} (${vm.diskFormat})`],
    ...vm.diskPaths.map((path) => ['disk at', path] as const),
    ['release', `${vm.release} ${vm.arch}`],
    ['sets', vm.sets.length === 0 ? 'default' : vm.sets.join(' ')],
    ['timezone', vm.timezone],
    ...customerFields(vm),
    ['added', renderTime(vm.createdAt)],
    ['state', wordOf(vm)],
    ...(vm.install?.queue ? [['queue', queueText(vm.host, vm.install.queue)] as const] : []),
    ...(vm.install?.question ? [['waits', waitsText(vm.name, vm.install.question)] as const] : []),
  ];
  return renderTable(fields) + (vm.install === null ? '' : renderInstall(vm.name, vm.install));
}

/** What was said of it beyond what every VM has. */
function customerFields(vm: VmView): readonly (readonly [string, string])[] {
  const fields: readonly (readonly [string, string | null])[] = [
    ['disklabel', vm.disklabel],
    ['passwords', vm.passwords ? 'random at each install' : null],
    ['system', vm.installed ? 'was there before puffboot' : null],
    ['full name', vm.fullName],
    ['email', vm.email],
    ['ordered', vm.orderedOn],
    ['paid until', vm.paidUntil],
    ['payment', vm.payment],
    ['subscription', vm.subscription],
    ['note', vm.note],
  ];
  const kept = vm.fileLines.flatMap((line) =>
    line.kind === 'kept' && line.text.trim() !== '' ? [line.text] : [],
  );
  return [
    ...fields.flatMap(([name, value]) => (value === null ? [] : [[name, printable(value)] as const])),
    ...kept.map((text) => ['kept', printable(text)] as const),
  ];
}

/** Phases with the moment and the time since the first, then the failure. */
function renderInstall(vm: string, { mode, phases, failure }: InstallView): string {
  const begun = phases[0]?.at ?? 0;
  const rows = phases.map(({ name, at }) => ['', renderTime(at), duration(at - begun), name]);
  const text = `${mode}:\n${renderTable(rows)}`;
  if (failure === null) return text;
  const tail = printable(failure.tail).trimEnd();
  const evidence = evidenceLine(vm, failure);
  return [
    `${text}failed while ${failure.phase}: ${printable(failure.reason)}\n`,
    ...(tail === '' ? [] : [`the console's end:\n${tail.replace(/^/gm, '  | ')}\n`]),
    ...(evidence === null ? [] : [`${evidence}\n`]),
    `next: ${printable(failure.next)}\n`,
  ].join('');
}

/** Where what the machine said of its failure is to be read, or why there is none; null where it was not asked. */
export function evidenceLine(vm: string, { evidence, noEvidence }: Failure): string | null {
  if (evidence !== undefined) {
    return `evidence: ${evidence}; read it with \`puffboot transcript evidence ${vm}\``;
  }
  return noEvidence === undefined ? null : `no evidence: ${printable(noEvidence)}`;
}

/** How its install stands; where that is over, how the VM itself was last seen, if it was. */
function wordOf({ install, installed, load }: VmView): string {
  const seen = load?.state;
  if (install === null) return installed ? (seen ?? 'installed') : 'never installed';
  return install.state === 'running' && seen !== undefined ? seen : stateOf(install);
}

/** What nobody but a human answers, and how he does. */
export const waitsText = (vm: string, { text }: Question): string =>
  `for an answer to "${printable(text)}": type it in \`puffboot console ${vm}\``;

function stateOf({ state, progress, queue, question }: InstallView): string {
  if (WAITING.has(state)) return queue === null ? 'queued' : `queued (${queue.position} of ${queue.waiting})`;
  if (question !== null) return `${state} (waits for an answer)`;
  return progress === null ? state : `${state} (${progress.file} ${progress.percent}%)`;
}
