import { join } from 'node:path';
import type { Command } from 'commander';
import { type Synced, type SyncOrder, syncRelease } from '../../../sets/io/sync.ts';
import { setDirectory } from '../../../sets/names.ts';
import { OperatorError } from '../../common/error.ts';
import { SET_PATTERN, show } from '../../common/form.ts';
import { SYSTEM_CLOCK } from '../../io/clock.ts';
import { readConfig } from '../../io/config-file.ts';
import { type CommonOptions, common } from '../vm-common.ts';
import { lockRelease } from './lock-release.ts';
import { checkPlace, keyringOf, learntKeys, megabytes, print } from './options.ts';
import { openSyncProgress } from './sync-progress.ts';

interface SyncOptions extends CommonOptions {
  readonly mirror?: string;
  readonly key?: string;
  readonly without?: readonly string[];
  readonly parallel?: string;
}

export function syncCommand(): Command {
  return common('sync', 'mirror a release, verified, and publish it in one step when all of it is here')
    .argument('<release>', 'release such as 7.6, or snapshots')
    .argument('[arch]', 'architecture', 'amd64')
    .option('--mirror <url>', 'pub/OpenBSD of a mirror; without it, sets.mirror of the configuration')
    .option('--key <file>', 'signify(1) key that alone counts')
    .option('--without <pattern...>', 'sets that are left out, such as x*; without it, sets.without')
    .option('--parallel <n>', 'how many files at a time; without it, sets.parallel')
    .action(sync);
}

async function sync(release: string, arch: string, options: SyncOptions): Promise<void> {
  checkPlace(release, arch);
  const { config } = await readConfig(options.config);
  const order: SyncOrder = {
    root: config.netboot.setsDirectory,
    release,
    arch,
    mirror: mirrorOf(options.mirror) ?? config.sets.mirror,
    without: patternsOf(options.without) ?? config.sets.without,
    parallel: parallelOf(options.parallel) ?? config.sets.parallel,
    keyring: keyringOf(config, options.key),
    learnInto: learntKeys(config),
  };
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort(new OperatorError('MIRROR_FAILED', 'it was interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const progress = openSyncProgress(process.stderr, options.json === true);
  const lock = await lockRelease(join(order.root, setDirectory(release, arch)));
  try {
    const parts = { clock: SYSTEM_CLOCK, signal: interrupt.signal };
    const synced = await syncRelease(order, parts, (event) => progress.show(event));
    progress.close();
    if (options.json) print(synced);
    else process.stdout.write(renderSynced(synced));
  } finally {
    progress.close();
    lock.release();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop);
  }
}

function renderSynced({ directory, version, files, fetched, size, key, learnt }: Synced): string {
  const news = learnt === null ? '' : `the key of ${learnt} was learnt from base${version}.tgz\n`;
  return `${directory}: ${files} files, ${megabytes(size)}, ${fetched} of them fetched; as signed by ${key}\n${news}`;
}

function mirrorOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(text)) {
    throw new OperatorError('USAGE', `${show(text)} is no URL such as https://cdn.openbsd.org/pub/OpenBSD`);
  }
  return text.replace(/\/+$/, '');
}

function patternsOf(patterns: readonly string[] | undefined): readonly string[] | null {
  const wrong = patterns?.find((pattern) => !SET_PATTERN.test(pattern));
  if (wrong !== undefined)
    throw new OperatorError('USAGE', `${show(wrong)} is no set name or pattern such as x*`);
  return patterns ?? null;
}

function parallelOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^([1-9]|1[0-6])$/.test(text))
    throw new OperatorError('USAGE', `${show(text)} is no number from 1 to 16`);
  return Number(text);
}
