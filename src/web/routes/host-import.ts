import { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import { type HostText, vmsOfHost } from '../../install/from-host.ts';
import type { HostOperator } from '../host-operator.ts';
import type { Route, RouteRequest } from '../route.ts';
import { parseBody } from './body.ts';
import { type ImportContext, type ImportedVm, importAll } from './importing.ts';

interface HostImportContext extends ImportContext {
  readonly hosts: HostOperator;
}

/** What became of the VMs of a host, and what is in its files besides them. Plain JSON. */
export interface ImportedHost {
  readonly vms: readonly ImportedVm[];
  readonly remarks: readonly { readonly file: string; readonly line: number; readonly message: string }[];
}

export const HOST_IMPORT_ROUTE: Route<HostImportContext> = {
  method: 'POST',
  path: '/hosts/:name/import',
  run: importHost,
};

const FILE = z.strictObject({ file: z.string(), text: z.string() });
const BODY = z.strictObject(
  {
    /** Null: those of the running host. */
    vmConf: FILE.nullable().default(null),
    dhcpdConf: FILE.nullable().default(null),
    update: z.boolean().default(false),
    dryRun: z.boolean().default(false),
  },
  'expected an object',
);

/** @throws OperatorError HOST_NOT_FOUND, HOST_COMMAND and what the way to the host throws */
async function importHost(context: HostImportContext, { params, body }: RouteRequest): Promise<ImportedHost> {
  const name = params.name ?? '';
  const { vmConf: given, dhcpdConf: givenDhcpd, ...options } = parseBody(BODY, body);
  const host = context.config.hosts.find((each) => each.name === name);
  if (host === undefined) throw new OperatorError('HOST_NOT_FOUND', `there is no host ${show(name)}`);
  const read = async (file: string): Promise<HostText | null> => {
    const text = await context.hosts.read(name, file);
    return text === null ? null : { file, text };
  };
  const isOffline = given !== null || givenDhcpd !== null;
  const vmConf = isOffline ? given : await read('/etc/vm.conf');
  const dhcpdConf = isOffline ? givenDhcpd : await read('/etc/dhcpd.conf');
  if (vmConf === null) throw new OperatorError('HOST_COMMAND', `${name} has no vm.conf to take VMs from`);
  const { vms, remarks, taken } = vmsOfHost(host, vmConf, dhcpdConf);
  const items = vms.map(({ wanted, file, line, fault, remarks: notes }) => ({
    file: `${file}:${line}`,
    wanted,
    lineOf: () => null,
    notes: notes.map((note) => ({ line: null, message: `${note.file}:${note.line}: ${note.message}` })),
    faults: fault === null ? [] : [{ line: null, message: fault }],
  }));
  return { vms: await importAll(context, items, { ...options, taken }), remarks };
}
