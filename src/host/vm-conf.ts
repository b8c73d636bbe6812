import { refuse, refuseTwins } from './refusal.ts';

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
  /**
   * What it boots instead of its disk: a ramdisk kernel, told that it came from the network, installs by itself. The
   * guest's reboot then ends the VM, and the line must go before it is started again.
   */
  readonly boot?: { readonly kernel: string };
  /** Whether vmd(8) starts it by itself; without a word it does not. */
  readonly enabled?: boolean;
}

/**
 * One VM as a vm.conf(5) fragment. It is `disable`d unless it says otherwise, so that `vmctl load` starts
 * nothing, and has no boot line, so that it boots from its disk unless `vmctl start -b` says otherwise.
 *
 * @throws OperatorError FILE_REFUSED for what vmd(8) would refuse
 */
export function renderVmConf(vm: VmConf): string {
  checkVm(vm);
  return block(`vm ${quote(vm.name)}`, [
    vm.enabled ? 'enable' : 'disable',
    `memory ${vm.memoryMiB}M`,
    ...(vm.boot === undefined ? [] : [`boot ${quote(vm.boot.kernel)}`, 'boot device net']),
    ...vm.disks.map((disk) => `disk ${quote(disk.path)} format ${disk.format}`),
    ...vm.nics.map((nic) => `interface { switch ${quote(nic.switch)} locked lladdr ${nic.lladdr} }`),
    `owner ${vm.owner ?? ''}:${vm.group}`,
  ]);
}

export function block(head: string, lines: readonly string[]): string {
  return [`${head} {`, ...lines.map((line) => `\t${line}`), '}', ''].join('\n');
}

/** vm.conf(5) strings have no escape for a quote, so what cannot be written is refused. */
export function quote(text: string): string {
  if (/["\\\n\r\0]/.test(text)) throw refuse(FORMAT, 'a string has no quote, backslash or newline', text);
  return `"${text}"`;
}

export const FORMAT = 'vm.conf(5)';

/** VMM_MAX_PATH_DISK of vmd(8), less the NUL behind the path. */
const LONGEST_PATH = 127;
/** VMM_MAX_DISKS_PER_VM and VMM_MAX_NICS_PER_VM. */
const MOST_DEVICES = 4;

function checkVm({ name, memoryMiB, disks, nics, owner, group, boot }: VmConf): void {
  const known = quote(name);
  if (!/^[A-Za-z][A-Za-z0-9._-]{0,62}$/.test(name)) {
    throw refuse(FORMAT, 'a VM is named by a letter, then up to 62 letters, digits, dots, _ and -', name);
  }
  if (!Number.isInteger(memoryMiB) || memoryMiB < 1) {
    throw refuse(FORMAT, `the memory of ${known} is a whole number of MiB`, memoryMiB);
  }
  if (disks.length > MOST_DEVICES) throw refuse(FORMAT, `${known} has more than four disks`, disks.length);
  if (nics.length > MOST_DEVICES) throw refuse(FORMAT, `${known} has more than four interfaces`, nics.length);
  for (const path of [...disks.map((disk) => disk.path), ...(boot === undefined ? [] : [boot.kernel])]) {
    quote(path);
    if (!path.startsWith('/') || new TextEncoder().encode(path).length > LONGEST_PATH) {
      throw refuse(FORMAT, `a disk or kernel is an absolute path of at most ${LONGEST_PATH} bytes`, path);
    }
  }
  for (const { lladdr } of nics) {
    if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(lladdr)) throw refuse(FORMAT, 'it is no lladdr', lladdr);
  }
  if (owner !== null && !/^[a-z_][a-z0-9_-]{0,30}$/.test(owner))
    throw refuse(FORMAT, 'it is no login', owner);
  checkGroup(group);
  refuseTwins(
    FORMAT,
    `disks of ${known}`,
    disks.map(({ path }) => path),
  );
}

export function checkGroup(group: string): void {
  if (!/^[a-z_]([a-z0-9_-]{0,13}[a-z_-])?$/.test(group)) throw refuse(FORMAT, 'it is no group', group);
}
