import ipaddr from 'ipaddr.js';
import { type Ipv4, ipv4ToNumber } from '../common/address.ts';
import { OperatorError } from '../common/error.ts';
import { show } from '../common/form.ts';
import { type AllocationHost, complete, findHost, holdings, type Place, placeOf } from './allocate.ts';
import { applyChange } from './change.ts';
import { checkVm } from './limits.ts';
import { withoutComment } from './ssh-key.ts';
import type { Vm, VmFileLine } from './vm.ts';
import type { Said, SaidField } from './vm-file-fields.ts';

/** A VM that is there already, somewhere: what a file or a host says of it. */
export interface Wanted {
  readonly said: Said & { readonly name: string };
  /** What nobody said, for a VM that is new: taken instead of what its host would give it. */
  readonly assumed?: Said;
  /** Null where it did not come from a text file. */
  readonly lines: readonly VmFileLine[] | null;
}

export interface ImportFault {
  readonly field: SaidField | null;
  readonly message: string;
}

export type Imported =
  | { readonly outcome: 'added' | 'updated' | 'unchanged'; readonly vm: Vm }
  | { readonly outcome: 'refused'; readonly faults: readonly ImportFault[] };

export interface ImportScene {
  readonly hosts: readonly AllocationHost[];
  readonly existing: readonly Vm[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What nobody is given by allocation, because somebody has it: `reservedBy` of others that are imported. */
  readonly reserved: ReadonlySet<string>;
  /** Whether a VM of the inventory takes over what is said differently. */
  readonly update: boolean;
}

/**
 * Takes a VM with the id and the addresses that it has, as far as they are free and in the range of its host;
 * what was not said is allocated as for a new one. Importing the same again changes nothing.
 */
export function importVm(wanted: Wanted, scene: ImportScene): Imported {
  const present = scene.existing.find(({ name }) => name === wanted.said.name);
  try {
    return present === undefined ? takeIn(wanted, scene) : compare(wanted, present, scene.update);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return refused(...error.message.split('\n').map((message) => ({ field: null, message })));
  }
}

const refused = (...faults: readonly ImportFault[]): Imported => ({ outcome: 'refused', faults });

/** These stay for life. */
const FIXED: ReadonlySet<SaidField> = new Set(['name', 'host', 'id', 'lladdr', 'ipv4', 'ipv6']);

function compare({ said, lines }: Wanted, vm: Vm, update: boolean): Imported {
  const fields = (Object.keys(said) as SaidField[]).filter((field) => !isSame(said[field], vm[field]));
  const sameText = lines === null || isSame(keptOf(lines), keptOf(vm.fileLines));
  if (fields.length === 0 && sameText) return { outcome: 'unchanged', vm };
  const fixed = fields.filter((field) => FIXED.has(field));
  if (!update || fixed.length > 0) {
    const differences = (update ? fixed : fields).map((field) => ({
      field,
      message: `${field} of ${vm.name} is ${shown(field, vm[field])} in the inventory, not ${shown(field, said[field])}`,
    }));
    const text = { field: null, message: `${vm.name} has other lines in the inventory` };
    return refused(...differences, ...(differences.length === 0 ? [text] : []));
  }
  const change = Object.fromEntries(fields.map((field) => [field, said[field]]));
  return { outcome: 'updated', vm: { ...applyChange(vm, change), fileLines: lines ?? vm.fileLines } };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const keptOf = (lines: readonly VmFileLine[]): readonly VmFileLine[] =>
  lines.filter((line) => line.kind === 'kept');

/** What stands behind a key may be a first password. */
const shown = (field: SaidField, value: unknown): string =>
  show(field === 'sshKeys' && Array.isArray(value) ? value.map((key) => withoutComment(String(key))) : value);

function takeIn({ said, assumed, lines }: Wanted, { hosts, existing, now, reserved }: ImportScene): Imported {
  const { name, host: named = null, id: _, lladdr: _l, ipv4: _4, ipv6: _6, ...choice } = said;
  const host = findHost(named ?? hostOfAddress(said, hosts), hosts, existing);
  const vm = complete({ ...assumed, name, host: host.name, ...choice }, host.vmDefaults);
  const limits = checkVm(vm).map(({ field, rule, found }) => ({
    field: field as SaidField,
    message: `${field} ${rule} (found ${found})`,
  }));
  const faults = [...limits, ...outOfRange(said, host)];
  if (faults.length > 0) return refused(...faults);
  const place = placeFor(said, host, existing, reserved);
  if ('faults' in place) return refused(...place.faults);
  const fileLines = lines ?? [];
  return { outcome: 'added', vm: { ...vm, host: host.name, ...place, nics: [], fileLines, createdAt: now } };
}

/** The host whose lladdrs or addresses the VM has; null where that tells nothing. */
function hostOfAddress({ lladdr, ipv4 }: Said, hosts: readonly AllocationHost[]): string | null {
  const host =
    hosts.find(({ lladdrPrefix }) => lladdr?.startsWith(`${lladdrPrefix}:`)) ??
    hosts.find((each) => ipv4 !== undefined && inRange(each, ipv4));
  return host?.name ?? null;
}

const inRange = ({ firstIpv4, lastIpv4 }: AllocationHost, address: Ipv4): boolean =>
  ipv4ToNumber(firstIpv4) <= ipv4ToNumber(address) && ipv4ToNumber(address) <= ipv4ToNumber(lastIpv4);

function outOfRange({ id, lladdr, ipv4, ipv6 }: Said, host: AllocationHost): readonly ImportFault[] {
  const { name, capacity, firstIpv4, lastIpv4, ipv6Prefix } = host;
  const faults: ImportFault[] = [];
  if (id !== undefined && (id < 1 || id > capacity)) {
    faults.push({
      field: 'id',
      message: `id must be from 1 to ${capacity}, the capacity of ${name} (found ${id})`,
    });
  }
  if (lladdr !== undefined && (Number.parseInt(lladdr, 16) & 1) !== 0) {
    faults.push({
      field: 'lladdr',
      message: `lladdr must be that of one machine, its first octet even (found ${lladdr})`,
    });
  }
  if (ipv4 !== undefined && !inRange(host, ipv4)) {
    const range = `${firstIpv4}-${lastIpv4}, the ipv4Range of ${name}`;
    faults.push({ field: 'ipv4', message: `ipv4 must lie in ${range} (found ${ipv4})` });
  }
  if (ipv6 !== undefined && ipv6 !== null && !withinPrefix(ipv6, ipv6Prefix)) {
    const prefix = `${ipv6Prefix ?? 'none'}, the ipv6Prefix of ${name}`;
    faults.push({ field: 'ipv6', message: `ipv6 must lie in ${prefix} (found ${ipv6})` });
  }
  return faults;
}

function withinPrefix(network: string, prefix: string | null): boolean {
  if (prefix === null) return false;
  return ipaddr.IPv6.parseCIDR(network)[0].match(ipaddr.IPv6.parseCIDR(prefix));
}

/** What was said, around the first id that is free with it: the one said, else the one that its addresses mean. */
function placeFor(
  said: Said,
  host: AllocationHost,
  existing: readonly Vm[],
  reserved: ReadonlySet<string>,
): Place | { readonly faults: readonly ImportFault[] } {
  const taken = new Map(existing.flatMap((vm) => holdings(vm.host, vm).map((held) => [held, vm.name])));
  const place = (id: number): Place => ({ ...placeOf(host, id), ...addressesOf(said) });
  const clashes = (at: Place) => holdings(host.name, at).filter((held) => taken.has(held));
  const ids = said.id === undefined ? [...meantIds(said, host), ...upTo(host.capacity)] : [said.id];
  const own = new Set(reservedBy(said));
  const isKept = (at: Place) => reservedBy(at).some((held) => reserved.has(held) && !own.has(held));
  const free = ids.find((id) => clashes(place(id)).length === 0 && !isKept(place(id)));
  if (free !== undefined) return place(free);
  const faults = clashes(place(ids[0] ?? 1)).flatMap((held) => {
    const field = fieldOf(held, said);
    const what = field === 'id' ? `id ${said.id} of ${host.name}` : held;
    return field === null ? [] : [{ field, message: `${what} belongs to ${taken.get(held)}` }];
  });
  const full = {
    field: null,
    message: `all ${host.capacity} ids of ${host.name} or their addresses are taken`,
  };
  return { faults: faults.length > 0 ? faults : [full] };
}

/** What a VM that was there before has, as keys. */
export function reservedBy({ id, lladdr, ipv4 }: Said): readonly string[] {
  return [
    ...(id === undefined ? [] : [`id ${id}`]),
    ...(lladdr === undefined ? [] : [lladdr]),
    ...(ipv4 === undefined ? [] : [ipv4]),
  ];
}

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

function addressesOf({ lladdr, ipv4, ipv6 }: Said): Partial<Place> {
  return {
    ...(lladdr === undefined ? {} : { lladdr }),
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
  };
}

/** The ids of which these addresses would be made. */
function meantIds({ lladdr, ipv4 }: Said, host: AllocationHost): readonly number[] {
  const { lladdrPrefix, capacity, firstIpv4 } = host;
  const byLladdr = lladdr?.startsWith(`${lladdrPrefix}:`) ? Number.parseInt(lladdr.slice(-2), 16) : 0;
  const byIpv4 = ipv4 === undefined ? 0 : ipv4ToNumber(ipv4) - ipv4ToNumber(firstIpv4) + 1;
  return [byLladdr, byIpv4].filter((id) => id >= 1 && id <= capacity);
}

/** What was said that is held already; null for what would only follow from the id. */
function fieldOf(held: string, { id, lladdr, ipv4, ipv6 }: Said): SaidField | null {
  if (held === lladdr) return 'lladdr';
  if (held === ipv4) return 'ipv4';
  if (held === ipv6) return 'ipv6';
  return held.endsWith(` ${id}`) ? 'id' : null;
}
