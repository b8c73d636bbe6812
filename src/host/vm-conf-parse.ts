import { type Lladdr, parseLladdr } from '../common/address.ts';
import { ConfError, Reader } from './vm-conf-reader.ts';

/** Something in a file that has no place in the inventory, or that nobody understood. */
export interface Remark {
  readonly line: number;
  readonly message: string;
}

/** A `vm` block of a vm.conf(5) that somebody else wrote. */
export interface FoundVm {
  readonly name: string;
  readonly line: number;
  readonly disabled: boolean;
  /** The VM of which it is a copy. */
  readonly instanceOf: string | null;
  readonly memoryMiB: number;
  /** Null: vmd(8) looks at the file. */
  readonly disks: readonly { readonly path: string; readonly format: 'raw' | 'qcow2' | null }[];
  readonly nics: readonly FoundNic[];
  /** Null: root's. */
  readonly owner: string | null;
  readonly group: string | null;
  readonly remarks: readonly Remark[];
}

export interface FoundNic {
  readonly line: number;
  readonly switch: string | null;
  readonly lladdr: Lladdr | null;
  /** vmd(8) itself leases the address. */
  readonly local: boolean;
}

export interface FoundVmConf {
  readonly vms: readonly FoundVm[];
  readonly remarks: readonly Remark[];
}

type Draft = { -readonly [Key in keyof FoundVm]: FoundVm[Key] } & {
  disks: FoundVm['disks'][number][];
  nics: FoundNic[];
  remarks: Remark[];
};

/** vm.conf(5): memory of a VM that says nothing of it. */
const DEFAULT_MIB = 512;

/**
 * Reads the VMs of a vm.conf(5) as leniently as one can: what is not understood is told with its line, and reading
 * goes on behind it. Switches and settings are not VMs and are passed over.
 */
export function findVms(text: string): FoundVmConf {
  const reader = new Reader(text);
  const vms: FoundVm[] = [];
  const remarks: Remark[] = [];
  for (reader.skipNewlines(); !reader.ended; reader.skipNewlines()) {
    const line = reader.line;
    try {
      if (reader.accept('vm')) vms.push(readVm(reader, line));
      else reader.skipStatement();
    } catch (error) {
      if (!(error instanceof ConfError)) throw error;
      remarks.push({ line: error.line, message: `is not understood: ${error.message}` });
      reader.skipStatement();
    }
  }
  return { vms, remarks };
}

function readVm(reader: Reader, line: number): FoundVm {
  const name = reader.string();
  const vm: Draft = {
    name,
    line,
    disabled: false,
    instanceOf: null,
    memoryMiB: DEFAULT_MIB,
    disks: [],
    nics: [],
    owner: null,
    group: null,
    remarks: [],
  };
  if (reader.accept('instance')) vm.instanceOf = reader.string();
  reader.skipNewlines();
  reader.expect('{');
  for (reader.skipNewlines(); !reader.accept('}'); reader.skipNewlines()) {
    if (reader.ended) throw reader.error(`the block of ${name} does not end`);
    readOption(reader, vm);
  }
  return vm;
}

/** The options of a VM, by their first word; everything else is told and passed over. */
const OPTIONS: Readonly<Record<string, (reader: Reader, vm: Draft, line: number) => void>> = {
  enable(_, vm) {
    vm.disabled = false;
  },
  disable(_, vm) {
    vm.disabled = true;
  },
  memory(reader, vm) {
    vm.memoryMiB = readSize(reader);
  },
  owner(reader, vm) {
    const [user = '', group = ''] = reader.string().split(':');
    vm.owner = user === '' || user === 'root' ? null : user;
    vm.group = group === '' ? null : group;
  },
  disk(reader, vm) {
    const path = reader.string();
    const format = reader.accept('format') ? reader.string() : null;
    if (format !== null && format !== 'raw' && format !== 'qcow2') throw reader.error(`format ${format}`);
    vm.disks.push({ path, format });
  },
  interface(reader, vm, line) {
    vm.nics.push(readNic(reader, line, false));
  },
};

function readOption(reader: Reader, vm: Draft): void {
  const line = reader.line;
  try {
    const local = reader.accept('local');
    if (local) {
      reader.expect('interface');
      vm.nics.push(readNic(reader, line, true));
      return;
    }
    const word = Object.keys(OPTIONS).find((each) => reader.accept(each));
    if (word !== undefined) {
      OPTIONS[word]?.(reader, vm, line);
      return;
    }
  } catch (error) {
    if (!(error instanceof ConfError)) throw error;
    vm.remarks.push({ line: error.line, message: `is not understood: ${error.message}` });
    reader.skipOption();
    return;
  }
  vm.remarks.push({ line, message: `\`${reader.skipOption()}\` has no place in the inventory` });
}

function readNic(reader: Reader, line: number, local: boolean): FoundNic {
  let [switchName, lladdr]: [string | null, Lladdr | null] = [null, null];
  const option = (): boolean => {
    if (reader.accept('switch')) switchName = reader.string();
    else if (reader.accept('locked') || reader.accept('lladdr')) {
      reader.accept('lladdr');
      const text = reader.string();
      lladdr = parseLladdr(text);
      if (lladdr === null) throw reader.error(`lladdr ${text}`);
    } else if (reader.accept('group') || reader.accept('rdomain')) reader.string();
    else return reader.accept('up') || reader.accept('down');
    return true;
  };
  reader.acceptWord(/^tap\d*$/);
  if (reader.accept('{')) {
    for (reader.skipNewlines(); !reader.accept('}'); reader.skipNewlines()) {
      if (!option()) throw reader.error('an option of an interface');
      reader.accept(',');
    }
  } else while (option()) reader.accept(',');
  return { line, switch: switchName, lladdr, local };
}

/** vmd(8) takes bytes with a unit; without one they are bytes. */
function readSize(reader: Reader): number {
  const text = reader.string();
  const [, digits, unit = 'B'] = /^(\d+)([BKMGT]?)$/i.exec(text) ?? [];
  const mebibytes = Math.floor(
    (Number(digits) * 1024 ** 'BKMGT'.indexOf(unit.toUpperCase() || 'B')) / 1024 ** 2,
  );
  if (digits === undefined || mebibytes < 1) throw reader.error(`memory ${text}`);
  return mebibytes;
}
