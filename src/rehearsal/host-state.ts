import type { StatusRow } from './status.ts';
import type { HostConf, VmDefinition } from './vm-conf.ts';
import type { VmRef } from './vmctl.ts';

/** What the daemon knows. Lost when it ends, as vmd(8)'s is. */
export interface HostState {
  readonly vms: readonly HostVm[];
  /** A name keeps its id for as long as the daemon runs, even when the VM was forgotten meanwhile. */
  readonly ids: Readonly<Record<string, number>>;
  readonly switches: readonly string[];
  /** How many ttys were handed out: a restarted VM gets another one. */
  readonly ttys: number;
}

export interface HostVm {
  readonly id: number;
  readonly definition: VmDefinition;
  readonly run: Run | null;
}

/** A VM that runs. */
export interface Run {
  readonly pid: number;
  /** `ttyp3` */
  readonly tty: string;
  readonly stopping: boolean;
}

export const EMPTY_HOST: HostState = { vms: [], ids: {}, switches: [], ttys: 0 };

/**
 * `vmctl load`: new VMs and switches are added. Of a VM that is known, running or not, only the kernel is
 * replaced; a switch that is known is kept as it was.
 */
export function loadConf(state: HostState, { vms, switches }: HostConf): HostState {
  const ids: Record<string, number> = { ...state.ids };
  let next = Object.keys(ids).length + 1;
  const known = [...state.vms];
  for (const definition of vms) {
    const at = known.findIndex((vm) => vm.definition.name === definition.name);
    const vm = known[at];
    if (vm !== undefined) {
      known[at] = { ...vm, definition: { ...vm.definition, kernel: definition.kernel } };
      continue;
    }
    let id = ids[definition.name];
    if (id === undefined) {
      id = next;
      next += 1;
      ids[definition.name] = id;
    }
    known.push({ id, definition, run: null });
  }
  return { ...state, ids, vms: known, switches: [...new Set([...state.switches, ...switches])] };
}

/** The first half of `vmctl reload`: every stopped VM is forgotten, whatever the file then says. */
export const forgetStopped = (state: HostState): HostState => ({
  ...state,
  vms: state.vms.filter(({ run }) => run !== null),
});

/** The VMs that `vmctl reload` then starts. */
export const toStart = (state: HostState): readonly HostVm[] =>
  state.vms.filter(({ run, definition }) => run === null && !definition.disabled);

export function findVm(state: HostState, ref: VmRef): HostVm | null {
  const found = state.vms.find((vm) => ('id' in ref ? vm.id === ref.id : vm.definition.name === ref.name));
  return found ?? null;
}

/** @returns the VM as running VM, or as stopped with `run` null. */
export function setRun(state: HostState, id: number, run: Run | null): HostState {
  return { ...state, vms: state.vms.map((vm) => (vm.id === id ? { ...vm, run } : vm)) };
}

const TTY_LETTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The next free pty of the one set that MAKEDEV makes; null when all 62 are taken. */
export function claimTty(state: HostState): { readonly tty: string; readonly state: HostState } | null {
  const taken = new Set(state.vms.map(({ run }) => run?.tty));
  for (let offset = 0; offset < TTY_LETTERS.length; offset += 1) {
    const count = state.ttys + offset;
    const tty = `ttyp${TTY_LETTERS.charAt(count % TTY_LETTERS.length)}`;
    if (!taken.has(tty)) return { tty, state: { ...state, ttys: count + 1 } };
  }
  return null;
}

/** The disk that another running VM has open, if any: an image is locked while it is used. */
export function diskInUse(state: HostState, vm: HostVm): string | null {
  const others = state.vms.filter(({ id, run }) => run !== null && id !== vm.id);
  return (
    vm.definition.disks.find((disk) => others.some((other) => other.definition.disks.includes(disk))) ?? null
  );
}

export function statusRows(state: HostState): readonly StatusRow[] {
  return state.vms.map(({ id, definition, run }) => ({
    id,
    pid: run?.pid ?? null,
    memoryMiB: definition.memoryMiB,
    usedBytes: run === null ? null : Math.round(definition.memoryMiB * 1024 ** 2 * 0.26),
    tty: run?.tty ?? null,
    owner: definition.owner,
    state: run === null ? 'stopped' : run.stopping ? 'stopping' : 'running',
    name: definition.name,
  }));
}
