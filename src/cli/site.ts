import { Command } from 'commander';
import { buildSiteSet } from '../../sets/io/site.ts';
import { siteSetName } from '../../sets/names.ts';
import { messageOf, OperatorError } from '../common/error.ts';
import { RELEASE, show } from '../common/form.ts';
import { writeWhole } from '../io/whole-file.ts';

interface BuildOptions {
  readonly release: string;
  readonly host?: string;
  readonly output?: string;
}

/** `puffboot site ...`: site sets, install.site(5). */
export function siteCommand(): Command {
  const build = new Command('build')
    .description('make a site set of a directory: the same input gives the same bytes')
    .argument('<dir>', 'what is to be unpacked over /: install.site, etc/rc.conf.local and so on')
    .requiredOption('--release <release>', 'release such as 7.6, for the name')
    .option('--host <name>', 'for this host alone, by its short host name')
    .option('-o, --output <file>', 'where to write it; without it, under its own name in this directory')
    .action(run);
  return new Command('site').description('site sets, which every installer unpacks last').addCommand(build);
}

async function run(directory: string, { release, host, output }: BuildOptions): Promise<void> {
  if (!RELEASE.test(release)) throw new OperatorError('USAGE', `${show(release)} is no release such as 7.6`);
  if (host !== undefined && !/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(host)) {
    throw new OperatorError('USAGE', `${show(host)} is no short host name: letters, digits and hyphens`);
  }
  const { bytes, entries } = await buildSiteSet(directory);
  const name = siteSetName(release, host ?? null);
  const file = output ?? name;
  try {
    await writeWhole(file, bytes);
  } catch (error) {
    throw new OperatorError('SITE_REFUSED', `${file} cannot be written: ${messageOf(error)}`);
  }
  const line = `-rw-r--r--  1 0  0  ${bytes.length} Jan  1 00:00:00 2000 ${name}`;
  process.stdout.write(
    `${file}: ${entries} ${entries === 1 ? 'entry' : 'entries'}, ${bytes.length} bytes\n` +
      `  put it beside the sets as ${name}, with this line in their index.txt:\n${line}\n`,
  );
}
