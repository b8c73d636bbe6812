import type { Config } from '../../config/schema.ts';
import { type ImportFault, importVm, reservedBy, type Wanted } from '../../inventory/import-vm.ts';
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
  const reserved = new Set([...items.flatMap(({ wanted }) => reservedBy(wanted.said)), ...taken]);
  const take = (existing: readonly Vm[]): readonly Vm[] => {
    results = [];
    const changed = new Map<string, Vm>();
    for (const item of items) {
      const all = [...existing.filter((vm) => !changed.has(vm.name)), ...changed.values()];
      const imported = importVm(item.wanted, { hosts, existing: all, now: context.now(), update, reserved });
      const more = imported.outcome === 'refused' ? imported.faults : [];
      const told = more.map(({ field, message }) => ({ line: item.lineOf(field), message }));
      // What is wrong with the file does not hide what the inventory says of the rest of it.
      const faults = [...item.faults, ...told].sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
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
  if (dryRun) take(await context.store.listVms());
  else await context.store.changeVms(take);
  context.installs?.refresh().catch(() => undefined);
  return results;
}
