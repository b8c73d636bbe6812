import { Command } from 'commander';
import { findReleaseKey, listReleases, type Verified, verifyRelease } from '../../sets/io/release.ts';
import { readConfig } from '../io/config-file.ts';
import { checkPlace, keyringOf, megabytes, print } from './sets/options.ts';
import { pruneCommand } from './sets/prune.ts';
import { syncCommand } from './sets/sync.ts';
import { renderTable } from './table.ts';
import { type CommonOptions, common } from './vm-common.ts';

/** `puffboot sets ...`: the install sets below netboot.setsDirectory. */
export function setsCommand(): Command {
  return new Command('sets')
    .description('the install sets that are served')
    .addCommand(syncCommand())
    .addCommand(verifyCommand())
    .addCommand(listCommand())
    .addCommand(pruneCommand());
}

function verifyCommand(): Command {
  return common('verify', 'verify the signature and every set of a release; exit status 1 with any finding')
    .argument('<release>', 'release such as 7.6')
    .argument('[arch]', 'architecture', 'amd64')
    .option('--key <file>', "signify(1) key that alone counts; without it, the release's own")
    .action(verify);
}

function listCommand(): Command {
  return common('list', 'list the releases that are there').action(async (options: CommonOptions) => {
    const { config } = await readConfig(options.config);
    const { setsDirectory } = config.netboot;
    const rows = await listReleases(setsDirectory);
    if (options.json) return print(rows);
    if (rows.length === 0) {
      process.stdout.write(`no releases below ${setsDirectory}\n`);
      return;
    }
    const cells = rows.map(({ release, arch, sets, ofSets, size, signed }) => {
      return [release, arch, `${sets} of ${ofSets}`, megabytes(size), signed ? 'yes' : 'no'];
    });
    process.stdout.write(renderTable([['RELEASE', 'ARCH', 'SETS', 'SIZE', 'SIGNED'], ...cells]));
  });
}

async function verify(
  release: string,
  arch: string,
  options: CommonOptions & { readonly key?: string },
): Promise<void> {
  checkPlace(release, arch);
  const { config } = await readConfig(options.config);
  const parts = { root: config.netboot.setsDirectory, release, arch };
  const { key, from } = await findReleaseKey(parts, keyringOf(config, options.key));
  const verified = await verifyRelease(parts, key);
  if (verified.findings.length > 0) process.exitCode = 1;
  if (options.json) print(verified);
  else process.stdout.write(renderVerified(verified, from));
}

function renderVerified({ directory, whole, size, findings }: Verified, key: string): string {
  const lines = findings.map(({ file, text }) => `${file} ${text}\n`);
  const summary =
    whole.length === 0
      ? 'nothing is verified'
      : `${whole.join(' ')}: as signed by ${key}, ${megabytes(size)}`;
  return `${lines.join('')}${directory}: ${summary}\n`;
}
