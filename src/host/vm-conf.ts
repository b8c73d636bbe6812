import { OperatorError } from '../common/error.ts';

/** One VM as vm.conf(5) needs it. */
export interface VmConf {
  readonly name: string;
  readonly memoryMiB: number;
  readonly disks: readonly { readonly path: string; readonly format: 'raw' | 'qcow2' }[];
  readonly nics: readonly { readonly switch: string; readonly lladdr: string }[];
  /** Login of the owner; null leaves the VM to `group` alone. */
  readonly owner: string | null;
  /** The product's own group, which may start the VM and open its tty. */
  readonly group: string;
}

/**
 * A vm.conf(5) fragment for `vmctl load`. The VM is `disable`d, so that loading starts nothing, and has no
 * boot line, so that it boots from its disk unless `vmctl start -b` says otherwise.
 */
export function renderVmConf(vm: VmConf): string {
  return block(`vm ${quote(vm.name)}`, [
    'disable',
    `memory ${vm.memoryMiB}M`,
    ...vm.disks.map((disk) => `disk ${quote(disk.path)} format ${disk.format}`),
    ...vm.nics.map((nic) => `interface { switch ${quote(nic.switch)} locked lladdr ${nic.lladdr} }`),
    `owner ${vm.owner ?? ''}:${vm.group}`,
  ]);
}

function block(head: string, lines: readonly string[]): string {
  return [`${head} {`, ...lines.map((line) => `\t${line}`), '}', ''].join('\n');
}

/** vm.conf(5) strings have no escape for a quote, so what cannot be written is refused. */
function quote(text: string): string {
  if (/["\\\n\r\0]/.test(text)) {
    throw new OperatorError('VM_REFUSED', `${JSON.stringify(text)} cannot be written in vm.conf(5)`);
  }
  return `"${text}"`;
}
