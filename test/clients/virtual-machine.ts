import { existsSync } from 'node:fs';
import { requireProgram, skipFor } from '../support/require.ts';
import { ip, LAN_SKIP, type Lan } from './lan.ts';

const QEMU = requireProgram('qemu-system-x86_64');

/** Why no virtual machine can be plugged into a LAN here, or false. */
export const MACHINE_SKIP: string | false = LAN_SKIP || QEMU.skip || whyNoTap();

export const OVMF = requireProgram('/usr/share/ovmf/OVMF.fd');

/** A computer that boots from the network, because it has nothing else, or before it tries its disk. */
export interface Machine {
  /** QEMU's `-device`; with `romfile=` the firmware's own driver is all it has. */
  readonly nic: string;
  /** A UEFI firmware; without one it is QEMU's BIOS. */
  readonly firmware?: string;
  /** A disk to boot from after the network, as QEMU's `-drive` names it: `file=PATH`. */
  readonly disk?: string;
}

/** UEFI with nothing but the firmware's own driver. */
export const UEFI_MACHINE: Machine = { nic: 'virtio-net-pci,romfile=', firmware: OVMF.path };

/**
 * The argv that switches it on, plugged into the server's network. It runs without kvm: not every kvm executes
 * what the ROMs and OVMF do.
 * @param serial QEMU's `-serial`, its only console
 */
export async function switchOn(
  lan: Lan,
  { firmware, nic, disk }: Machine,
  lladdr: string,
  serial: string,
): Promise<readonly string[]> {
  const tap = `tap${lladdr.replaceAll(':', '').slice(-6)}`;
  await ip('-n', lan.server.namespace, 'tuntap', 'add', 'dev', tap, 'mode', 'tap');
  await ip('-n', lan.server.namespace, 'link', 'set', tap, 'master', 'lan', 'up');
  return lan.server.inside([
    QEMU.path,
    ...['-accel', 'tcg', '-cpu', 'qemu64', '-m', '128', '-nodefaults', '-display', 'none'],
    ...(firmware === undefined ? [] : ['-bios', firmware]),
    ...['-netdev', `tap,id=lan,ifname=${tap},script=no,downscript=no`],
    ...['-device', `${nic},netdev=lan,mac=${lladdr},bootindex=1`, '-device', 'virtio-rng-pci'],
    ...(disk === undefined ? [] : ['-drive', `if=none,id=disk,format=raw,${disk}`]),
    ...(disk === undefined ? [] : ['-device', 'virtio-blk-pci,drive=disk,bootindex=2']),
    ...['-serial', serial, '-monitor', 'none'],
  ]);
}

function whyNoTap(): string | false {
  return existsSync('/dev/net/tun') ? false : skipFor('needs /dev/net/tun');
}
