import type { Config } from '../../config/schema.ts';
import { type ImportFault, importVm, reservedBy, type Wanted } from '../../inventory/import-vm.ts';
import { isHeld, type Retired } from '../../inventory/retired.ts';
import type { VmStore } from '../../inventory/store.ts';
import type { Vm } from '../../inventory/vm.ts';
import { allocationHost } from './allocation-host.ts';

/** What an import needs of `serve`, or of the command that goes without it. */
export interface ImportContext {
  readonly store: VmStore;
  readonly config: Config;
  now(): number;
  readonly installs?: { refresh(): Promise<void> };
}

/** Something to be told, with the line of the file where there is one. */
export interface Told {
  readonly line: number | null;
  readonly message: string;
}

/** One VM that is to be taken, and what is known of it before the inventory is asked. */
export interface ImportItem {
  readonly file: string;
  readonly wanted: Wanted;
  readonly lineOf: (field: ImportFault['field']) => number | null;
  readonly notes: readonly Told[];
  readonly faults: readonly Told[];
}

/** What became of one VM. Plain JSON. */
export interface ImportedVm {
  readonly file: string;
  readonly outcome: 'added' | 'updated' | 'unchanged' | 'refused';
  /** Null where it was refused. */
  readonly vm: Pick<Vm, 'name' | 'host' | 'id' | 'lladdr' | 'ipv4'> | null;
  readonly notes: readonly Told[];
  readonly faults: readonly Told[];
}

export interface ImportOptions {
  readonly update: boolean;
  readonly dryRun: boolean;
  /** Lladdrs and addresses of machines that are none of these VMs. */
  readonly taken?: readonly string[];
}

/**
 * Takes each VM whole or not at all, one after the other, so that a later one sees the earlier ones; all that are
 * taken are stored at once.
 */
export async function importAll(
  context: ImportContext,
  items: readonly ImportItem[],
  { update, dryRun, taken = [] }: ImportOptions,
): Promise<readonly ImportedVm[]> {
  let results: ImportedVm[] = [];
  const hosts = context.config.hosts.map(allocationHost);
  const take = (existing: readonly Vm[], retired: readonly Retired[]): readonly Vm[] => {
    results = [];
    const said = items.flatMap(({ wanted }) => reservedBy(wanted.said));
    const reserved = new Set([...said, ...taken, ...heldBack(retired, context.now())]);
    const changed = new Map<string, Vm>();
    for (const item of items) {
      const all = [...existing.filter((vm) => !changed.has(vm.name)), ...changed.values()];
      const imported = importVm(item.wanted, { hosts, existing: all, now: context.now(), update, reserved });
      const more = imported.outcome === 'refused' ? imported.faults : [];
      const told = more.map(({ field, message }) => ({ line: item.lineOf(field), message }));
      // What is wrong with the file does not hide what the inventory says of the rest of it.
      const faults = [...item.faults, ...leaving(item.wanted.said.name, retired), ...told].sort(
        (a, b) => (a.line ?? Infinity) - (b.line ?? Infinity),
      );
      const { file, notes } = item;
      if (imported.outcome === 'refused' || faults.length > 0) {
        results.push({ file, outcome: 'refused', vm: null, notes, faults });
        continue;
      }
      const { name, host, id, lladdr, ipv4 } = imported.vm;
      results.push({ file, outcome: imported.outcome, vm: { name, host, id, lladdr, ipv4 }, notes, faults });
      if (imported.outcome !== 'unchanged') changed.set(name, imported.vm);
    }
    return [...changed.values()];
  };
  await context.store.changeVms((existing, retired) => {
    const changed = take(existing, retired);
    return dryRun ? [] : changed;
  });
  context.installs?.refresh().catch(() => undefined);
  return results;
}

/** What allocation keeps back after a removal; a file that says so gets it all the same. */
const heldBack = (retired: readonly Retired[], now: number): readonly string[] =>
  retired
    .filter((each) => isHeld(each, now))
    .flatMap(({ lladdr, ipv4, nics }) => [lladdr, ipv4, ...nics.map((nic) => nic.lladdr)]);

function leaving(name: string, retired: readonly Retired[]): readonly Told[] {
  const isLeaving = retired.some((each) => each.name === name && each.stage !== 'retired');
  return isLeaving ? [{ line: null, message: `the VM ${name} is still being removed` }] : [];
}
