import { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import type { Config } from '../../config/schema.ts';
import { type ImportScene, importVm, type Wanted } from '../../inventory/import-vm.ts';
import type { VmStore } from '../../inventory/store.ts';
import type { Vm } from '../../inventory/vm.ts';
import { parseVmFile, renderVmFile } from '../../inventory/vm-file.ts';
import type { Route, RouteRequest } from '../route.ts';
import { allocationHost } from './allocation-host.ts';
import { parseBody } from './body.ts';

interface VmFileContext {
  readonly store: VmStore;
  readonly config: Config;
  now(): number;
  readonly installs?: { refresh(): Promise<void> };
}

/** What became of one file. Plain JSON. */
export interface ImportedFile {
  readonly file: string;
  readonly outcome: 'added' | 'updated' | 'unchanged' | 'refused';
  /** The VM, without its keys; null where it was refused. */
  readonly vm: Pick<Vm, 'name' | 'host' | 'id' | 'lladdr' | 'ipv4'> | null;
  /** Keys that are kept and mean nothing to puffboot. */
  readonly unknown: readonly { readonly line: number; readonly key: string }[];
  readonly faults: readonly { readonly line: number | null; readonly message: string }[];
}

/** VMs as text files, in and out. */
export const VM_FILE_ROUTES: readonly Route<VmFileContext>[] = [
  { method: 'POST', path: '/import', run: importFiles },
  { method: 'GET', path: '/vms/:name/file', run: exportFile },
];

const BODY = z.strictObject(
  {
    files: z.array(z.strictObject({ file: z.string(), name: z.string(), text: z.string() })),
    /** For VMs of which neither the file nor the addresses say where they are. */
    host: z.string().nullable().default(null),
    update: z.boolean().default(false),
    dryRun: z.boolean().default(false),
  },
  'expected an object',
);

/** Each file is taken whole or not at all, one after the other, so that a later one sees the earlier ones. */
async function importFiles(context: VmFileContext, { body }: RouteRequest): Promise<readonly ImportedFile[]> {
  const { files, host, update, dryRun } = parseBody(BODY, body);
  const results: ImportedFile[] = [];
  const take = (existing: readonly Vm[]): readonly Vm[] => {
    results.length = 0;
    const changed = new Map<string, Vm>();
    for (const { file, name, text } of files) {
      const now = [...existing.filter((vm) => !changed.has(vm.name)), ...changed.values()];
      const hosts = context.config.hosts.map(allocationHost);
      const scene = { hosts, existing: now, now: context.now(), update };
      const [result, vm] = importFile(file, text, { name, host }, scene);
      results.push(result);
      if (vm !== null) changed.set(vm.name, vm);
    }
    return [...changed.values()];
  };
  if (dryRun) take(await context.store.listVms());
  else await context.store.changeVms(take);
  context.installs?.refresh().catch(() => undefined);
  return results;
}

function importFile(
  file: string,
  text: string,
  missing: { readonly name: string; readonly host: string | null },
  scene: ImportScene,
): readonly [ImportedFile, Vm | null] {
  const { said, lineOf, lines, unknown, faults } = parseVmFile(text);
  const refused = (told: ImportedFile['faults']) =>
    [{ file, outcome: 'refused', vm: null, unknown, faults: told }, null] as const;
  const host = said.host ?? missing.host;
  const wanted: Wanted = { said: { ...said, name: said.name ?? missing.name }, lines };
  // The file's own faults do not hide what the inventory would say of the rest of it.
  const imported = importVm(
    host === null || said.lladdr !== undefined || said.ipv4 !== undefined
      ? wanted
      : { ...wanted, said: { ...wanted.said, host } },
    scene,
  );
  const more = imported.outcome !== 'refused' ? [] : imported.faults;
  const all = [
    ...faults,
    ...more.map(({ field, message }) => ({ line: (field && lineOf.get(field)) ?? null, message })),
  ];
  if (imported.outcome === 'refused' || faults.length > 0)
    return refused(all.sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity)));
  const { name, host: place, id, lladdr, ipv4 } = imported.vm;
  const { outcome, vm } = imported;
  const result = { file, outcome, vm: { name, host: place, id, lladdr, ipv4 }, unknown, faults: [] };
  return [result, outcome === 'unchanged' ? null : vm];
}

/** The text of a VM, with all that stands behind its keys. @throws OperatorError VM_NOT_FOUND */
async function exportFile(
  { store }: VmFileContext,
  { params }: RouteRequest,
): Promise<{ readonly text: string }> {
  const name = params.name ?? '';
  const vm = await store.findVm(name);
  if (vm === null) throw new OperatorError('VM_NOT_FOUND', `there is no VM ${show(name)}`);
  return { text: renderVmFile(vm) };
}
