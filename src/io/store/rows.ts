import type { Insertable, Selectable } from 'kysely';
import { z } from 'zod';
import { type Ipv4, type Lladdr, parseIpv4, parseLladdr } from '../../common/address.ts';
import { OperatorError } from '../../common/error.ts';
import { INSTALL_STATES, type Install, STANDINGS, WAYS } from '../../install/install.ts';
import type { Vm } from '../../inventory/vm.ts';
import type { InstallTable, VmTable } from './tables.ts';

/** @throws OperatorError STATE_DAMAGED naming the row and its column */
export function parseVmRow(row: Selectable<VmTable>): Vm {
  return check(VM_ROW, row, `VM ${row.name}`);
}

export function renderVmRow(vm: Vm): Insertable<VmTable> {
  const { hostName, fullName, orderedOn, paidUntil, ipv4Method, createdAt, ...rest } = vm;
  const { sshKeys, memoryMiB, diskSizesMiB, diskFormat, diskPaths, fileLines, ...same } = rest;
  return {
    ...same,
    host_name: hostName,
    ssh_keys: JSON.stringify(sshKeys),
    memory_mib: memoryMiB,
    disk_sizes_mib: JSON.stringify(diskSizesMiB),
    disk_format: diskFormat,
    disk_paths: JSON.stringify(diskPaths),
    sets: JSON.stringify(same.sets),
    full_name: fullName,
    ordered_on: orderedOn,
    paid_until: paidUntil,
    ipv4_method: ipv4Method,
    passwords: same.passwords ? 1 : 0,
    installed: same.installed ? 1 : 0,
    nics: JSON.stringify(same.nics),
    file_lines: JSON.stringify(fileLines),
    created_at: createdAt,
  };
}

/** @throws OperatorError STATE_DAMAGED naming the row and its column */
export function parseInstallRow(row: Selectable<InstallTable>): Install {
  const { fresh_disk, ...same } = check(INSTALL_ROW, row, `install ${row.id} of VM ${row.vm}`);
  return { ...same, freshDisk: fresh_disk === 1 };
}

export function renderInstallRow(install: Install): Insertable<InstallTable> {
  const { freshDisk, phases, witnesses, failure, ...same } = install;
  return {
    ...same,
    phases: JSON.stringify(phases),
    witnesses: JSON.stringify(witnesses),
    failure: failure === null ? null : JSON.stringify(failure),
    fresh_disk: freshDisk ? 1 : 0,
  };
}

/** A JSON text whose value has the given shape. */
const json = <T extends z.ZodType>(shape: T) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(shape);

const time = z.int().nonnegative();
const state = z.enum(INSTALL_STATES);
const lladdr = z.string().refine((text) => parseLladdr(text) === text, 'is no lladdr');
const ipv4 = z.string().refine((text) => parseIpv4(text) === text, 'is no IPv4 address');

const lladdrColumn = lladdr.transform((text) => text as Lladdr);
const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

const VM_COLUMNS = z.object({
  name: z.string(),
  host: z.string(),
  id: z.int().positive(),
  lladdr: lladdrColumn,
  ipv4: ipv4.transform((text) => text as Ipv4),
  ipv6: z.string().nullable(),
  host_name: z.string(),
  owner: z.string().nullable(),
  ssh_keys: json(z.array(z.string())),
  memory_mib: z.int().positive(),
  disk_sizes_mib: json(z.array(z.int().positive())),
  disk_format: z.enum(['raw', 'qcow2']),
  release: z.string(),
  arch: z.string(),
  sets: json(z.array(z.string())),
  timezone: z.string(),
  full_name: z.string().nullable(),
  email: z.string().nullable(),
  note: z.string().nullable(),
  ordered_on: z.string().nullable(),
  paid_until: z.string().nullable(),
  payment: z.string().nullable(),
  subscription: z.string().nullable(),
  disklabel: z.string().nullable(),
  nics: json(
    z.array(z.strictObject({ network: z.string(), number: z.int().positive(), lladdr: lladdrColumn })),
  ),
  disk_paths: json(z.array(z.string())),
  file_lines: json(
    z.array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('field'), key: z.string() }),
        z.strictObject({ kind: z.literal('kept'), text: z.string() }),
      ]),
    ),
  ),
  ipv4_method: z.enum(['dhcp', 'static']),
  passwords: flag,
  installed: flag,
  created_at: time,
});

const VM_ROW = VM_COLUMNS.transform((row): Vm => {
  const { host_name, ssh_keys, memory_mib, disk_sizes_mib, disk_format, disk_paths, ...rest } = row;
  const { full_name, ordered_on, paid_until, ipv4_method, file_lines, created_at, ...same } = rest;
  return {
    ...same,
    hostName: host_name,
    sshKeys: ssh_keys,
    memoryMiB: memory_mib,
    diskSizesMiB: disk_sizes_mib,
    diskFormat: disk_format,
    diskPaths: disk_paths,
    fullName: full_name,
    orderedOn: ordered_on,
    paidUntil: paid_until,
    ipv4Method: ipv4_method,
    fileLines: file_lines,
    createdAt: created_at,
  };
});

const INSTALL_ROW = z.object({
  id: z.string(),
  vm: z.string(),
  host: z.string(),
  mode: z.enum(['install', 'upgrade']),
  way: z.enum(WAYS),
  state,
  token: z.string(),
  node: z.string(),
  claim: z.string().nullable(),
  phases: json(z.array(z.strictObject({ name: state, at: time }))),
  witnesses: json(
    z.strictObject({
      congratulations: time.nullable(),
      setsServed: time.nullable(),
      installDone: time.nullable(),
      login: time.nullable(),
    }),
  ),
  failure: json(
    z.strictObject({
      phase: state,
      reason: z.string(),
      tail: z.string(),
      next: z.string(),
      evidence: z.string().exactOptional(),
      noEvidence: z.string().exactOptional(),
      stands: z.enum(STANDINGS).exactOptional(),
    }),
  ).nullable(),
  recording: z.string(),
  fresh_disk: z.union([z.literal(0), z.literal(1)]),
});

function check<T extends z.ZodType>(shape: T, row: unknown, what: string): z.output<T> {
  const result = shape.safeParse(row);
  if (result.success) return result.data;
  const columns = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new OperatorError('STATE_DAMAGED', `the row of ${what} is damaged: ${columns.join('; ')}`);
}
