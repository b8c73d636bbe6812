import { show } from '../common/form.ts';
import { UNSAID, type Vm, type VmFileLine } from './vm.ts';
import { FILE_KEYS, type FileKey, fileKeyOf, type Said, type SaidField } from './vm-file-fields.ts';

/** What is wrong with a line, from 1. */
export interface FileFault {
  readonly line: number;
  readonly message: string;
}

/** A VM's text file as it was understood. */
export interface VmFile {
  readonly said: Said;
  /** Where each field was said, to tell of it. */
  readonly lineOf: ReadonlyMap<SaidField, number>;
  /** The whole file, to write it back in its order. */
  readonly lines: readonly VmFileLine[];
  /** Keys that mean nothing to puffboot; they are kept. */
  readonly unknown: readonly { readonly line: number; readonly key: string }[];
  readonly faults: readonly FileFault[];
}

/** What an operator's script reads: the value ends at the last quote of its line, so it may hold quotes itself. */
const LINE = /^\s*([A-Za-z_][A-Za-z0-9_-]*)\s*=\s*"(.*)"\s*$/;

/**
 * Reads the text file of one VM: lines of `key="value"` in any order, comments (`#`) and empty lines between
 * them. Every fault is told; what is not understood, but well formed, is kept.
 */
export function parseVmFile(text: string): VmFile {
  const reading: Reading = { said: new Map(), lines: [], unknown: [], faults: [] };
  const rows = text.replace(/\n$/, '').split('\n');
  for (const [index, row] of rows.entries()) readLine(reading, row.replace(/\r$/, ''), index + 1);
  const said: Said = {};
  for (const [field, { values, line, row }] of reading.said) {
    const gap = Array.from(values).indexOf(undefined);
    if (gap >= 0) reading.faults.push({ line, message: `${row.keys[gap]} is missing` });
    Object.assign(said, { [field]: isListKey(field) ? values : values[0] });
  }
  const lineOf = new Map([...reading.said].map(([field, { line }]) => [field, line] as const));
  const { lines, unknown, faults } = reading;
  return { said, lineOf, lines, unknown, faults };
}

interface Reading {
  /** For lists, the items in their order; a gap is undefined. */
  readonly said: Map<SaidField, { readonly line: number; readonly row: FileKey; readonly values: unknown[] }>;
  readonly lines: VmFileLine[];
  readonly unknown: { line: number; key: string }[];
  readonly faults: FileFault[];
}

function readLine(reading: Reading, text: string, line: number): void {
  const { lines, faults, unknown } = reading;
  const [, name = '', value = ''] = LINE.exec(text) ?? [];
  const row = fileKeyOf(name);
  if (/[\p{Cc}\uFFFD]/u.test(text.replaceAll('\t', ''))) {
    faults.push({ line, message: 'is no text: it holds control characters or broken UTF-8' });
  } else if (name === '' && !/^\s*(#|$)/.test(text)) {
    faults.push({ line, message: `expected key="value" (found ${show(text.trim())})` });
  } else if (row === null) {
    if (name !== '') unknown.push({ line, key: name });
    lines.push({ kind: 'kept', text });
  } else {
    lines.push({ kind: 'field', key: name });
    if (value.trim() !== '') say(reading, row, { name, value, line });
  }
}

/** A key may carry a first password behind it. */
const shown = ({ field }: FileKey, value: string): string => (field === 'sshKeys' ? '***' : show(value));

interface Saying {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

function say({ said, faults }: Reading, row: FileKey, { name, value, line }: Saying): void {
  const read = row.read(value);
  if (read === undefined) {
    faults.push({ line, message: `${name} must be ${row.words} (found ${shown(row, value)})` });
    return;
  }
  const before = said.get(row.field) ?? { line, row, values: [] };
  const at = row.list === 'nth' ? Number(name.slice(-1)) - 1 : before.values.length;
  const isFurther = row.list === undefined && before.values.length > 0;
  if (before.row !== row || isFurther || before.values[at] !== undefined) {
    faults.push({ line, message: `${name} was said before, in line ${before.line}; keep one of the two` });
    return;
  }
  if (row.list === undefined && Array.isArray(read)) before.values.push(...read);
  else before.values[at] = read;
  said.set(row.field, before);
}

const isListKey = (field: SaidField): boolean => Array.isArray(EXAMPLE[field]);
/** Tells lists from single values. */
const EXAMPLE: Partial<Vm> = { ...UNSAID, sshKeys: [], sets: [], diskSizesMiB: [] };

/**
 * The text file of a VM: as it came, with what has changed since; what that file did not say follows behind
 * it. Reading it back gives the same VM.
 */
export function renderVmFile(vm: Vm): string {
  const left = pairsOf(vm);
  const lines = vm.fileLines.map((line) => {
    if (line.kind === 'kept') return line.text;
    const at = left.findIndex(({ key, keys, list }) =>
      list === 'nth' ? key === line.key.toLowerCase() : keys.includes(line.key.toLowerCase()),
    );
    const [pair] = at < 0 ? [] : left.splice(at, 1);
    return `${line.key}="${pair?.text ?? ''}"`;
  });
  return [...lines, ...left.map(({ key, text }) => `${key}="${text}"`)].map((line) => `${line}\n`).join('');
}

type Pair = Pick<FileKey, 'keys' | 'list'> & { readonly key: string; readonly text: string };

/** All that is to be said, each field with the key that its file used first. */
function pairsOf(vm: Vm): Pair[] {
  const used = vm.fileLines.flatMap((line) => (line.kind === 'field' ? (fileKeyOf(line.key) ?? []) : []));
  const chosen = new Map<SaidField, FileKey>();
  for (const row of [...used, ...FILE_KEYS]) if (!chosen.has(row.field)) chosen.set(row.field, row);
  return FILE_KEYS.filter((row) => chosen.get(row.field) === row).flatMap((row) => {
    const value: unknown = vm[row.field];
    const isNothing = value === null || (Array.isArray(value) && value.length === 0);
    if (isNothing && row.write(value) !== 'none') return [];
    const items = row.list !== undefined && Array.isArray(value) ? value : [value];
    return items.map((item, index) => ({
      keys: row.keys,
      ...(row.list === undefined ? {} : { list: row.list }),
      key: row.keys[row.list === 'nth' ? index : 0] ?? '',
      text: row.write(item),
    }));
  });
}
