import { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import { parseVmFile, renderVmFile } from '../../inventory/vm-file.ts';
import type { Route, RouteRequest } from '../route.ts';
import { parseBody } from './body.ts';
import { type ImportContext, type ImportedVm, type ImportItem, importAll } from './importing.ts';

/** VMs as text files, in and out. */
export const VM_FILE_ROUTES: readonly Route<ImportContext>[] = [
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

async function importFiles(context: ImportContext, { body }: RouteRequest): Promise<readonly ImportedVm[]> {
  const { files, host, ...options } = parseBody(BODY, body);
  const items = files.map(({ file, name, text }) => itemOf(file, text, { name, host }));
  return importAll(context, items, options);
}

function itemOf(
  file: string,
  text: string,
  missing: { readonly name: string; readonly host: string | null },
): ImportItem {
  const { said, lineOf, lines, unknown, faults } = parseVmFile(text);
  const isElsewhere = said.host !== undefined || said.lladdr !== undefined || said.ipv4 !== undefined;
  const host = isElsewhere || missing.host === null ? {} : { host: missing.host };
  return {
    file,
    wanted: { said: { ...host, ...said, name: said.name ?? missing.name }, lines },
    lineOf: (field) => (field === null ? null : (lineOf.get(field) ?? null)),
    notes: unknown.map(({ line, key }) => ({
      line,
      message: `${key} means nothing to puffboot; it is kept`,
    })),
    faults,
  };
}

/** The text of a VM, with all that stands behind its keys. @throws OperatorError VM_NOT_FOUND */
async function exportFile(
  { store }: ImportContext,
  { params }: RouteRequest,
): Promise<{ readonly text: string }> {
  const name = params.name ?? '';
  const vm = await store.findVm(name);
  if (vm === null) throw new OperatorError('VM_NOT_FOUND', `there is no VM ${show(name)}`);
  return { text: renderVmFile(vm) };
}
