import { posix } from 'node:path';
import type { HostConfig } from '../config/schema.ts';
import type { DiskFate, Retired } from '../inventory/retired.ts';
import type { Vm } from '../inventory/vm.ts';
import { hostPaths } from './host-paths.ts';

const DAY = 24 * 3600 * 1000;

/** The removal of a VM, as it is stored before anything is done. @param now milliseconds since the epoch */
export function retirementOf(
  vm: Vm,
  host: HostConfig | undefined,
  order: { readonly key: string; readonly fate: DiskFate; readonly holdDays: number; readonly now: number },
): Retired {
  const paths = host === undefined ? null : hostPaths(host, vm);
  const { name, id, lladdr, ipv4, ipv6, owner } = vm;
  return {
    ...{ name, host: vm.host, id, lladdr, ipv4, ipv6, owner },
    nics: vm.nics.map((nic) => ({ lladdr: nic.lladdr })),
    key: order.key,
    fragment: paths?.fragment ?? '',
    disks: paths?.disks ?? [],
    fate: order.fate,
    stage: 'ordered',
    orderedAt: order.now,
    retiredAt: null,
    heldUntil: order.now + order.holdDays * DAY,
    kept: [],
    failure: null,
  };
}

/**
 * Where a disk of a removed VM is put aside: beside the others, in `retired`, with the day and the removal's key, so
 * that no later VM's disk ever falls on it.
 */
export function asideOf(disk: string, { key, orderedAt }: Retired): string {
  const day = new Date(orderedAt).toISOString().slice(0, 10);
  return posix.join(posix.dirname(disk), 'retired', `${day}-${key}-${posix.basename(disk)}`);
}

/**
 * Overwrites a file once, in place. Not `rm -P`, which has long done nothing on OpenBSD. What an SSD or a
 * copying filesystem has set aside by itself, no program reaches.
 */
export const overwrite = (path: string, mebibytes: number): readonly string[] => [
  'dd',
  'if=/dev/zero',
  `of=${path}`,
  'bs=1048576',
  `count=${mebibytes}`,
  'conv=notrunc',
];

/** The size of a file in MiB, rounded up, from `ls -ln`: the fifth column. Null for no such line. */
export function parseListedMebibytes(lsOutput: string): number | null {
  const [mode = '', , , , size = ''] = lsOutput.trim().split(/\s+/);
  return mode.startsWith('-') && /^\d+$/.test(size) ? Math.ceil(Number(size) / 2 ** 20) : null;
}
