import { readFile, rename, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Command } from 'commander';
import { messageOf, OperatorError } from '../common/error.ts';
import type { VmView } from '../web/operator.ts';
import type { ImportedVm } from '../web/routes/importing.ts';
import { printable } from './table.ts';
import { ask, type CommonOptions, common, print } from './vm-common.ts';

interface ImportOptions extends CommonOptions {
  readonly host?: string;
  readonly update?: boolean;
  readonly dryRun?: boolean;
}

/** `puffboot vm import FILE...`: VMs from the text files in which they were kept before. */
export function importCommand(): Command {
  return common('import', 'take over VMs from text files of key="value" lines')
    .argument('<file...>', 'one file for each VM')
    .option('--host <host>', 'host of VMs of which neither file nor addresses tell it')
    .option('--update', 'let a VM of the inventory take over what its file says differently')
    .option('-n, --dry-run', 'say what would be done, and change nothing')
    .action(async (files: readonly string[], options: ImportOptions) => {
      const read = await Promise.all(files.map(readVmFile));
      const { host = null, update = false, dryRun = false } = options;
      const results = (await ask(options, async (api) => {
        const parts = portions(read).map((part) => ({ files: part, host, update, dryRun }));
        const answers: ImportedVm[] = [];
        for (const body of parts)
          answers.push(...((await api.call('POST', '/import', body)) as ImportedVm[]));
        return answers;
      })) as readonly ImportedVm[];
      print(options, results, renderImport(results, dryRun));
      if (results.some(({ outcome }) => outcome === 'refused')) process.exitCode = 1;
    });
}

interface ReadFile {
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

/** As much at once as a request may well hold. */
const PORTION = 200_000;

function portions(files: readonly ReadFile[]): readonly (readonly ReadFile[])[] {
  const parts: ReadFile[][] = [];
  let room = 0;
  for (const file of files) {
    const part = parts.at(-1);
    room -= file.text.length + file.file.length;
    if (part !== undefined && room >= 0) part.push(file);
    else {
      parts.push([file]);
      room = PORTION - file.text.length;
    }
  }
  return parts;
}

/** A VM whose file does not name it is called as the file is. */
async function readVmFile(file: string): Promise<ReadFile> {
  try {
    return { file, name: basename(file, extname(file)), text: await readFile(file, 'utf8') };
  } catch (cause) {
    throw new OperatorError('USAGE', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Every file with what became of it, every fault with its line, and the sum of it. */
export function renderImport(results: readonly ImportedVm[], dryRun: boolean): string {
  const lines = results.flatMap((result) => [
    ...[...result.faults, ...result.notes].map((told) => toldLine(result.file, told)),
    `${result.file}: ${whatBecame(result, dryRun)}`,
  ]);
  const count = (outcome: ImportedVm['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  const sum = (['added', 'updated', 'unchanged', 'refused'] as const)
    .map((outcome) => `${count(outcome)} ${outcome}`)
    .join(', ');
  return printable(`${[...lines, dryRun ? `${sum}; nothing was changed` : sum].join('\n')}\n`);
}

/** A note may name its place itself. */
const toldLine = (file: string, { line, message }: ImportedVm['notes'][number]): string =>
  line !== null
    ? `${file}:${line}: ${message}`
    : /^\/?[^ ]*:\d+: /.test(message)
      ? message
      : `${file}: ${message}`;

function whatBecame({ outcome, vm }: ImportedVm, dryRun: boolean): string {
  if (vm === null) return 'refused, nothing of it was taken';
  const would = dryRun ? 'would be ' : '';
  if (outcome === 'unchanged') return `${vm.name} is in the inventory already, and the same`;
  if (outcome === 'updated') return `${vm.name} ${would}changed as the file says`;
  return `${vm.name} ${would}added as VM ${vm.id} of ${vm.host}, ${vm.lladdr}, ${vm.ipv4}`;
}

/** `puffboot vm export [NAME...]`: the same files, as the VMs are now. */
export function exportCommand(): Command {
  return common('export', 'write VMs as text files, with all that stands behind their keys')
    .argument('[name...]', 'names of VMs; without any, all of them')
    .option('-o, --output <directory>', 'write NAME.txt here, one for each VM, instead of printing')
    .action(async (names: readonly string[], options: CommonOptions & { readonly output?: string }) => {
      const texts = await ask(options, async (api) => {
        const all =
          names.length > 0
            ? names
            : ((await api.call('GET', '/vms')) as readonly VmView[]).map((vm) => vm.name);
        const found: { name: string; text: string }[] = [];
        for (const name of all) {
          const { text } = (await api.call('GET', `/vms/${encodeURIComponent(name)}/file`)) as {
            text: string;
          };
          found.push({ name, text });
        }
        return found;
      });
      const files = texts as readonly { readonly name: string; readonly text: string }[];
      if (options.output === undefined)
        return print(options, files, files.map(({ text }) => text).join('\n'));
      for (const { name, text } of files) await writeVmFile(join(options.output, `${name}.txt`), text);
      print(
        options,
        files.map(({ name }) => name),
        `${files.length} written to ${options.output}\n`,
      );
    });
}

/** Nobody else may read it: there may be passwords behind the keys. */
async function writeVmFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flush: true });
    await rename(draft, path);
  } catch (cause) {
    throw new OperatorError('USAGE', `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
