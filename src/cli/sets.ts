import { basename } from 'node:path';
import { Command } from 'commander';
import { listReleases, readPublicKey, type Verified, verifyRelease } from '../../sets/io/release.ts';
import { versionOf } from '../../sets/names.ts';
import { OperatorError } from '../common/error.ts';
import { RELEASE, show } from '../common/form.ts';
import { readConfig } from '../io/config-file.ts';
import { renderTable } from './table.ts';

interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `puffboot sets ...`: the install sets below netboot.setsDirectory. */
export function setsCommand(): Command {
  return new Command('sets')
    .description('the install sets that are served')
    .addCommand(verifyCommand())
    .addCommand(listCommand());
}

function verifyCommand(): Command {
  return common('verify', 'verify the signature and every set of a release; exit status 1 with any finding')
    .argument('<release>', 'release such as 7.6')
    .argument('[arch]', 'architecture', 'amd64')
    .option('--key <file>', "signify(1) key; without it, the release's own in /etc/signify")
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
  if (!RELEASE.test(release)) throw new OperatorError('USAGE', `${show(release)} is no release such as 7.6`);
  if (!/^[a-z0-9]{1,16}$/.test(arch)) throw new OperatorError('USAGE', `${show(arch)} is no architecture`);
  const { config } = await readConfig(options.config);
  const keyFile = options.key ?? `/etc/signify/openbsd-${versionOf(release)}-base.pub`;
  const key = await readPublicKey(keyFile);
  const verified = await verifyRelease({ root: config.netboot.setsDirectory, release, arch }, key);
  if (verified.findings.length > 0) process.exitCode = 1;
  if (options.json) print(verified);
  else process.stdout.write(renderVerified(verified, basename(keyFile)));
}

function renderVerified({ directory, whole, size, findings }: Verified, key: string): string {
  const lines = findings.map(({ file, text }) => `${file} ${text}\n`);
  const summary =
    whole.length === 0
      ? 'nothing is verified'
      : `${whole.join(' ')}: as signed by ${key}, ${megabytes(size)}`;
  return `${lines.join('')}${directory}: ${summary}\n`;
}

function common(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON');
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
