import { parseLladdr } from '../common/address.ts';
import { ConfError, Reader } from '../host/vm-conf-reader.ts';

/** A `vm` block of vm.conf(5). */
export interface VmDefinition {
  readonly name: string;
  readonly disabled: boolean;
  readonly memoryMiB: number;
  readonly disks: readonly string[];
  readonly lladdrs: readonly string[];
  /** `user`, `user:group` or `:group`; root's when it isn't said. */
  readonly owner: string;
  readonly kernel: string | null;
  readonly bootDevice: 'disk' | 'cdrom' | 'net' | null;
}

export interface HostConf {
  readonly vms: readonly VmDefinition[];
  readonly switches: readonly string[];
}

/** Whether a path that the configuration names can be opened. */
export type Exists = (path: string) => boolean;

/** What the host has that a configuration may name. */
export interface ConfFacts {
  readonly exists: Exists;
  readonly user: (name: string) => boolean;
  readonly group: (name: string) => boolean;
}

export type ParsedConf = { readonly conf: HostConf } | { readonly error: string };

/**
 * Parses vm.conf(5) as far as this host can follow it: `vm` and `switch` blocks, `socket owner`, `staggered
 * start`, `agentx`, `local prefix`. Everything else is refused in vmd's words, with `file` and line.
 *
 * @param accounts which logins and groups there are; left out, every one
 */
export function parseVmConf(
  text: string,
  file: string,
  exists: Exists,
  accounts: Omit<ConfFacts, 'exists'> = { user: () => true, group: () => true },
): ParsedConf {
  try {
    return { conf: parseFile(new Reader(text), { exists, ...accounts }) };
  } catch (error) {
    if (error instanceof ConfError) return { error: `${file}:${error.line}: ${error.message}` };
    throw error;
  }
}

function parseFile(reader: Reader, facts: ConfFacts): HostConf {
  const vms: VmDefinition[] = [];
  const switches: string[] = [];
  for (reader.skipNewlines(); !reader.ended; reader.skipNewlines()) {
    if (reader.accept('vm')) vms.push(parseVm(reader, facts));
    else if (reader.accept('switch')) switches.push(parseSwitch(reader));
    else parseMain(reader, facts);
    reader.endStatement();
  }
  return { vms, switches };
}

function parseMain(reader: Reader, facts: ConfFacts): void {
  if (reader.accept('socket')) {
    reader.expect('owner');
    parseOwner(reader, facts);
  } else if (reader.accept('agentx')) {
    while (reader.accept('context') || reader.accept('path')) reader.string();
  } else if (reader.accept('staggered')) {
    reader.expect('start');
    reader.expect('parallel');
    number(reader);
    reader.expect('delay');
    number(reader);
  } else {
    reader.expect('local');
    reader.expect('prefix');
    reader.string();
  }
}

/** `{` option newline ... `}`: only the first option may do without a newline behind it. */
function parseBlock(reader: Reader, option: () => void): void {
  reader.expect('{');
  reader.skipNewlines();
  for (let first = true; first || !reader.accept('}'); first = false) {
    option();
    if (first && reader.accept('}')) return;
    if (!first) reader.expect('\n');
    reader.skipNewlines();
  }
}

function parseSwitch(reader: Reader): string {
  const name = reader.string();
  let interfaceName = '';
  parseBlock(reader, () => {
    if (reader.accept('interface')) interfaceName = reader.string();
    else if (reader.accept('group')) reader.string();
    else if (reader.accept('rdomain')) number(reader);
    else if (reader.accept('locked')) reader.expect('lladdr');
    else if (!['enable', 'disable', 'up', 'down'].some((word) => reader.accept(word))) {
      throw reader.error('syntax error');
    }
  });
  if (interfaceName === '') throw reader.error(`switch "${name}" is missing interface name`);
  return name;
}

type Draft = { -readonly [Key in keyof VmDefinition]: VmDefinition[Key] } & {
  disks: string[];
  lladdrs: string[];
};

function parseVm(reader: Reader, facts: ConfFacts): VmDefinition {
  const name = reader.string();
  if (name.length > 63) throw reader.error('vm name too long');
  const vm: Draft = {
    name,
    disabled: false,
    memoryMiB: 512,
    disks: [],
    lladdrs: [],
    owner: 'root',
    kernel: null,
    bootDevice: null,
  };
  parseBlock(reader, () => parseVmOption(reader, vm, facts));
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw reader.error(`vm "${name}" failed: Invalid argument`);
  return vm;
}

function parseVmOption(reader: Reader, vm: Draft, facts: ConfFacts): void {
  if (reader.accept('enable')) vm.disabled = false;
  else if (reader.accept('disable')) vm.disabled = true;
  else if (reader.accept('memory')) vm.memoryMiB = memory(reader);
  else if (reader.accept('disk')) vm.disks.push(parseDisk(reader, vm, facts.exists));
  else if (reader.accept('owner')) vm.owner = parseOwner(reader, facts);
  else if (reader.accept('boot')) parseBoot(reader, vm, facts.exists);
  else if (reader.accept('interface') || (reader.accept('local') && reader.accept('interface'))) {
    vm.lladdrs.push(parseInterface(reader, vm));
  } else throw reader.error('syntax error');
}

function parseDisk(reader: Reader, vm: Draft, exists: Exists): string {
  const path = reader.string();
  if (reader.accept('format')) {
    const format = reader.string();
    if (format !== 'raw' && format !== 'qcow2') throw reader.error(`unrecognized disk format ${format}`);
  }
  if (vm.disks.length >= 4 || !exists(path)) throw reader.error(`failed to parse disks: ${path}`);
  return path;
}

function parseBoot(reader: Reader, vm: Draft, exists: Exists): void {
  if (reader.accept('device')) {
    const device = (['disk', 'cdrom', 'net'] as const).find((word) => reader.accept(word));
    if (device === undefined) throw reader.error('syntax error');
    vm.bootDevice = device;
    return;
  }
  const path = reader.string();
  if (vm.kernel !== null) throw reader.error('kernel specified more than once');
  if (!exists(path)) throw reader.error('kernel path not found: No such file or directory');
  vm.kernel = path;
}

/** An interface without lladdr gets one from vmd, made of its place in the host. */
function parseInterface(reader: Reader, vm: Draft): string {
  if (vm.lladdrs.length >= 4) throw reader.error('too many interfaces: 5');
  let lladdr = '';
  const option = (): boolean => {
    if (reader.accept('switch') || reader.accept('group')) reader.string();
    else if (reader.accept('rdomain')) number(reader);
    else if (reader.accept('locked') || reader.accept('lladdr')) lladdr = lladdrOf(reader);
    else return reader.accept('up') || reader.accept('down');
    return true;
  };
  if (reader.accept('{')) {
    for (reader.skipNewlines(); !reader.accept('}'); reader.skipNewlines()) {
      if (!option()) throw reader.error('syntax error');
    }
  } else {
    reader.accept('tap');
    while (option()) reader.accept(',');
  }
  return lladdr === '' ? `fe:e1:bb:d1:00:${(vm.lladdrs.length + 1).toString(16).padStart(2, '0')}` : lladdr;
}

function lladdrOf(reader: Reader): string {
  reader.accept('lladdr');
  const text = reader.string();
  const lladdr = parseLladdr(text);
  if (lladdr === null) throw reader.error(`invalid address: ${text}`);
  return lladdr;
}

function parseOwner(reader: Reader, facts: ConfFacts): string {
  const owner = reader.string();
  if (!/^([A-Za-z0-9_][\w.-]*)?(:[\w.-]+)?$/.test(owner) || owner === '') {
    throw reader.error(`failed to get user: ${owner}`);
  }
  const [user = '', group = ''] = owner.split(':');
  if (user !== '' && !facts.user(user)) throw reader.error(`failed to get user: ${user}`);
  if (group !== '' && !facts.group(group)) throw reader.error(`failed to get group: ${group}`);
  return owner;
}

function number(reader: Reader): number {
  const text = reader.string();
  if (!/^\d+$/.test(text)) throw reader.error('syntax error');
  return Number(text);
}

function memory(reader: Reader): number {
  const text = reader.string();
  const [, digits, unit = 'B'] = /^(\d+)([BKMG]?)$/i.exec(text) ?? [];
  const mebibytes = Math.floor(
    (Number(digits) * 1024 ** 'BKMG'.indexOf(unit.toUpperCase() || 'B')) / 1024 ** 2,
  );
  if (digits === undefined || mebibytes < 1) throw reader.error(`failed to parse size: ${text}`);
  return mebibytes;
}
