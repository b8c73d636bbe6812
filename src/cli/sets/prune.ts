import { join } from 'node:path';
import type { Command } from 'commander';
import { leftoversOf, removeLeftovers, removeRelease, sizeBelow } from '../../../sets/io/publish.ts';
import { listReleases } from '../../../sets/io/release.ts';
import { setDirectory } from '../../../sets/names.ts';
import type { Config } from '../../config/schema.ts';
import { readConfig } from '../../io/config-file.ts';
import type { VmView } from '../../web/operator.ts';
import { openApi } from '../api.ts';
import { confirm } from '../confirm.ts';
import { type CommonOptions, common } from '../vm-common.ts';
import { lockRelease } from './lock-release.ts';
import { megabytes, print } from './options.ts';

interface PruneOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Something that may go. */
interface Prunable {
  /** Of the release. */
  readonly directory: string;
  /** What of it; empty: all. */
  readonly paths: readonly string[];
  /** Bytes. */
  readonly size: number;
  readonly why: string;
}

export function pruneCommand(): Command {
  return common('prune', 'remove releases that no VM and no default wants')
    .option('--dry-run', 'only say what would go')
    .option('-y, --yes', 'do not ask')
    .action(prune);
}

async function prune(options: PruneOptions): Promise<void> {
  const { config } = await readConfig(options.config);
  const unwanted = await unwantedOf(config, await wantedReleases(config, options.config));
  if (options.json) print(unwanted);
  else
    for (const row of unwanted) process.stdout.write(`${namesOf(row)}: ${megabytes(row.size)}, ${row.why}\n`);
  if (unwanted.length === 0 && !options.json) process.stdout.write('nothing to remove\n');
  if (unwanted.length === 0 || options.dryRun) return;
  if (!options.yes && !(await confirm('Remove all this?', 'nothing was removed'))) return;
  for (const row of unwanted) {
    await remove(row);
    if (!options.json) process.stdout.write(`removed ${namesOf(row)}\n`);
  }
}

const namesOf = ({ directory, paths }: Prunable): string =>
  paths.length === 0 ? directory : paths.join(' ');

/** What the VMs have, and what a new one would get. */
async function wantedReleases(config: Config, file: string | undefined): Promise<ReadonlySet<string>> {
  const api = await openApi(file === undefined ? {} : { config: file });
  try {
    const vms = (await api.call('GET', '/vms')) as readonly VmView[];
    const defaults = config.hosts.map(({ vmDefaults }) => `${vmDefaults.release}/${vmDefaults.arch}`);
    return new Set([...vms.map(({ release, arch }) => `${release}/${arch}`), ...defaults]);
  } finally {
    await api.close();
  }
}

async function unwantedOf(config: Config, wanted: ReadonlySet<string>): Promise<readonly Prunable[]> {
  const root = config.netboot.setsDirectory;
  const rows: Prunable[] = [];
  for (const { release, arch, size } of await listReleases(root)) {
    const directory = join(root, setDirectory(release, arch));
    if (!wanted.has(`${release}/${arch}`)) rows.push({ directory, paths: [], size, why: 'no VM has it' });
    else {
      const paths = await leftoversOf(directory);
      const why = 'left by a mirroring that did not end';
      if (paths.length > 0) rows.push({ directory, paths, size: await sizeBelow(paths), why });
    }
  }
  return rows;
}

/** Nothing goes while it is being mirrored. */
async function remove({ directory, paths }: Prunable): Promise<void> {
  const lock = await lockRelease(directory);
  try {
    if (paths.length === 0) await removeRelease(directory);
    else await removeLeftovers(paths);
  } finally {
    lock.release();
  }
}
