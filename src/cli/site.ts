import { Command } from 'commander';
import { buildSiteSet } from '../../sets/io/site.ts';
import { indexLine } from '../../sets/mirror.ts';
import { siteSetName } from '../../sets/names.ts';
import type { SiteDefaults } from '../../sets/site-defaults.ts';
import { messageOf, OperatorError } from '../common/error.ts';
import { RELEASE, show } from '../common/form.ts';
import type { Config } from '../config/schema.ts';
import { subnetOfAddress } from '../install/catalog.ts';
import type { Vm } from '../inventory/vm.ts';
import { readConfig } from '../io/config-file.ts';
import { writeWhole } from '../io/whole-file.ts';
import { openApi } from './api.ts';

interface BuildOptions {
  readonly config?: string;
  readonly release?: string;
  readonly host?: string;
  readonly vm?: string;
  readonly server?: string;
  readonly bare?: boolean;
  readonly output?: string;
}

/** `puffboot site ...`: site sets, install.site(5). */
export function siteCommand(): Command {
  const build = new Command('build')
    .description('make a site set of the house defaults and a directory: the same input gives the same bytes')
    .argument('[dir]', 'what is to be unpacked over /: install.site, etc/rc.conf.local and so on')
    .option('-f, --config <file>', 'configuration file; its [site] has the defaults')
    .option('--release <release>', 'release such as 7.6, for the name; without it, that of the VM')
    .option('--host <name>', 'for this host alone, by its short host name')
    .option('--vm <name>', "for this VM alone, with its owner's further keys")
    .option(
      '--server <url>',
      'boot HTTP that hears when the install is done; without it, from the configuration',
    )
    .option('--bare', 'the directory alone, without the defaults')
    .option('-o, --output <file>', 'where to write it; without it, under its own name in this directory')
    .action(run);
  return new Command('site').description('site sets, which every installer unpacks last').addCommand(build);
}

async function run(directory: string | undefined, options: BuildOptions): Promise<void> {
  if (directory === undefined && options.bare) {
    throw new OperatorError('USAGE', 'a bare site set is made of a directory: name one');
  }
  const vm = options.vm === undefined ? null : await findVm(options.vm, options.config);
  const release = options.release ?? vm?.release;
  if (release === undefined)
    throw new OperatorError('USAGE', 'give --release, or a VM that has one with --vm');
  if (!RELEASE.test(release)) throw new OperatorError('USAGE', `${show(release)} is no release such as 7.6`);
  const host = options.host ?? vm?.hostName.split('.')[0] ?? null;
  if (host !== null && !/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(host)) {
    throw new OperatorError('USAGE', `${show(host)} is no short host name: letters, digits and hyphens`);
  }
  const defaults = options.bare ? null : await defaultsOf(options, vm);
  const { bytes, entries } = await buildSiteSet(directory ?? null, defaults);
  const name = siteSetName(release, host);
  const file = options.output ?? name;
  try {
    await writeWhole(file, bytes);
  } catch (error) {
    throw new OperatorError('SITE_REFUSED', `${file} cannot be written: ${messageOf(error)}`);
  }
  process.stdout.write(
    `${file}: ${entries} ${entries === 1 ? 'entry' : 'entries'}, ${bytes.length} bytes\n` +
      `  put it beside the sets as ${name}, with this line in their index.txt:\n${indexLine(name, bytes.length)}\n`,
  );
}

async function defaultsOf(options: BuildOptions, vm: Vm | null): Promise<SiteDefaults> {
  const { config } = await readConfig(options.config);
  const { rdate, ...rest } = config.site;
  const furtherKeys = vm === null ? [] : vm.sshKeys.slice(1);
  return {
    ...rest,
    rdate: rdate ?? null,
    keys: furtherKeys.length === 0 ? [] : [{ login: vm?.owner ?? 'root', keys: furtherKeys }],
    bootServer: serverOf(options.server) ?? bootServerOf(config, vm),
  };
}

function serverOf(url: string | undefined): string | null {
  if (url === undefined) return null;
  if (/^http:\/\/[^\s/?#]+\/?$/.test(url)) return url.replace(/\/$/, '');
  throw new OperatorError('USAGE', `${show(url)} is no URL such as http://192.0.2.1`);
}

/** A set for one VM reports to that VM's server; one for everybody to the only one that there is. */
function bootServerOf(config: Config, vm: Vm | null): string {
  const addresses = new Set(config.subnets.flatMap(({ bootAddress }) => bootAddress ?? []));
  const own = vm === null ? undefined : subnetOfAddress(config, vm.ipv4)?.bootAddress;
  const address = own ?? (addresses.size === 1 ? [...addresses][0] : undefined);
  if (address === undefined) {
    const names = [...addresses].join(', ') || 'none';
    throw new OperatorError(
      'USAGE',
      `one site set cannot report to several boot servers (bootAddress: ${names}): make one for each VM with --vm, or name the server with --server`,
    );
  }
  const { httpPort } = config.netboot;
  return `http://${address}${httpPort === 80 ? '' : `:${httpPort}`}`;
}

async function findVm(name: string, config: string | undefined): Promise<Vm> {
  const api = await openApi(config === undefined ? {} : { config });
  try {
    return (await api.call('GET', `/vms/${encodeURIComponent(name)}`)) as Vm;
  } finally {
    await api.close();
  }
}
