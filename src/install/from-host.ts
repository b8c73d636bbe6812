import { posix } from 'node:path';
import { renderSize } from '../common/form.ts';
import type { HostConfig } from '../config/schema.ts';
import { type FoundHost, findHosts } from '../host/dhcpd-conf-parse.ts';
import { type FoundVm, findVms, type Remark } from '../host/vm-conf-parse.ts';
import type { Wanted } from '../inventory/import-vm.ts';
import type { Said } from '../inventory/vm-file-fields.ts';

/** A file of a host, and what is in it. */
export interface HostText {
  readonly file: string;
  readonly text: string;
}

/** A VM that a host has, as the inventory is to take it. */
export interface VmOfHost {
  readonly wanted: Wanted;
  /** Where it is defined. */
  readonly file: string;
  readonly line: number;
  readonly remarks: readonly FileRemark[];
  /** Why it cannot be taken at all. */
  readonly fault: string | null;
}

export interface FileRemark extends Remark {
  readonly file: string;
}

/**
 * The VMs of a host that were there before puffboot: from its vm.conf(5), with the addresses that its dhcpd.conf(5)
 * has for their lladdrs. Whatever has no place in the inventory is told with its line.
 */
export function vmsOfHost(
  host: HostConfig,
  vmConf: HostText,
  dhcpdConf: HostText | null,
): {
  readonly vms: readonly VmOfHost[];
  readonly remarks: readonly FileRemark[];
  /** Lladdrs and addresses of machines that are no VMs. */
  readonly taken: readonly string[];
} {
  const found = findVms(withoutOwn(vmConf.text));
  const leases = dhcpdConf === null ? { hosts: [], remarks: [] } : findHosts(withoutOwn(dhcpdConf.text));
  const inDhcpd = toldOf(dhcpdConf?.file ?? '');
  const used = new Set<FoundHost>();
  const vms = found.vms.map((vm) => {
    const lease = leases.hosts.find(({ lladdr }) => lladdr !== null && lladdr === vm.nics[0]?.lladdr);
    if (lease !== undefined) used.add(lease);
    const remarks = [...remarksOf(host, vm, lease, dhcpdConf !== null), ...vm.remarks];
    return {
      wanted: { said: saidOf(host, vm, lease), assumed: assumedOf(host, vm), lines: null },
      file: vmConf.file,
      line: vm.line,
      fault:
        vm.instanceOf === null ? null : `is an instance of ${vm.instanceOf}, which puffboot does not make`,
      remarks: [...remarks.map(toldOf(vmConf.file)), ...(lease?.remarks ?? []).map(inDhcpd)],
    };
  });
  const others = leases.hosts.filter((each) => !used.has(each));
  const strays = others.map(({ name, line }) => ({
    line,
    message: `host ${name} is none of the VMs of ${vmConf.file}`,
  }));
  return {
    vms,
    taken: others.flatMap(({ lladdr, address }) => [lladdr, address].filter((each) => each !== null)),
    remarks: [...found.remarks.map(toldOf(vmConf.file)), ...[...leases.remarks, ...strays].map(inDhcpd)],
  };
}

/** What puffboot wrote there itself comes from the inventory. The lines keep their numbers. */
const withoutOwn = (text: string): string =>
  text.replace(/^# BEGIN puffboot\b[\s\S]*?^# END puffboot\b/m, (own) => own.replace(/[^\n]/g, ''));

const toldOf =
  (file: string) =>
  (remark: Remark): FileRemark => ({ ...remark, file });

const HOST_NAME = /^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

function saidOf(host: HostConfig, vm: FoundVm, lease: FoundHost | undefined): Wanted['said'] {
  const [nic] = vm.nics;
  const said: Said & { name: string } = {
    name: vm.name,
    host: host.name,
    owner: vm.owner,
    memoryMiB: vm.memoryMiB,
    installed: !vm.disabled,
  };
  if (vm.disks.length > 0) {
    said.diskPaths = vm.disks.map(({ path }) => path);
    said.diskFormat = formatOf(vm.disks[0]);
  }
  if (nic?.lladdr) said.lladdr = nic.lladdr;
  if (lease?.address) said.ipv4 = lease.address;
  if (lease?.hostName && HOST_NAME.test(lease.hostName)) said.hostName = lease.hostName;
  return said;
}

/** vm.conf(5) does not say how large a disk is; nothing is made anew where a disk is. */
function assumedOf({ vmDefaults: { disks: sizes } }: HostConfig, { disks }: FoundVm): Said {
  if (disks.length === 0) return {};
  return { diskSizesMiB: disks.map((_, index) => sizes[index] ?? sizes.at(-1) ?? 1) };
}

/** Where vmd(8) looks into the file, its name is all that there is to look at here. */
const formatOf = (disk: FoundVm['disks'][number] | undefined): 'raw' | 'qcow2' =>
  disk?.format ?? (posix.extname(disk?.path ?? '') === '.qcow2' ? 'qcow2' : 'raw');

function remarksOf(
  host: HostConfig,
  { name, line, nics, disks, group }: FoundVm,
  lease: FoundHost | undefined,
  asked: boolean,
): readonly Remark[] {
  const [nic, ...more] = nics;
  const size = renderSize(host.vmDefaults.disks[0] ?? 1);
  const formats = new Set(disks.map(formatOf));
  const remarks: (readonly [boolean, number, string])[] = [
    [nic === undefined, line, `${name} has no interface and is given one`],
    [nic !== undefined && nic.lladdr === null, nic?.line ?? line, `${name} has no lladdr and is given one`],
    [nic?.local === true, nic?.line ?? line, `${name} has a local interface; puffboot puts it on a switch`],
    [
      nic !== undefined && nic.switch !== null && nic.switch !== host.switch,
      nic?.line ?? line,
      `${name} is on switch ${nic?.switch}; puffboot puts it on ${host.switch}`,
    ],
    [
      lease?.hostName != null && !HOST_NAME.test(lease.hostName),
      line,
      `its host name ${lease?.hostName} is none (RFC 1123)`,
    ],
    [disks.length === 0, line, `${name} has no disk and is given one`],
    [
      disks.length > 0,
      line,
      `the sizes of its disks are not said; they count as ${size}: \`puffboot vm set ${name} --disk SIZE\``,
    ],
    [formats.size > 1, line, `${name} has disks of two formats; they count as ${formatOf(disks[0])}`],
    [
      group !== null && group !== host.group,
      line,
      `${name} belongs to group ${group}; puffboot gives it to ${host.group}`,
    ],
    [
      asked && lease === undefined && nic?.lladdr != null,
      nic?.line ?? line,
      `${name} has no address in dhcpd.conf and is given one`,
    ],
  ];
  return [
    ...remarks.flatMap(([applies, at, message]) => (applies ? [{ line: at, message }] : [])),
    ...more.map(({ line: at }) => ({
      line: at,
      message: `${name} has a further interface; see \`puffboot net add\``,
    })),
  ];
}
