import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { messageOf, OperatorError } from '../common/error.ts';
import type { ImportedHost } from '../web/routes/host-import.ts';
import { printable } from './table.ts';
import { ask, type CommonOptions, common, print } from './vm-common.ts';
import { renderImport } from './vm-files.ts';

interface HostImportOptions extends CommonOptions {
  readonly vmConf?: string;
  readonly dhcpdConf?: string;
  readonly update?: boolean;
  readonly dryRun?: boolean;
}

/** `puffboot host ...`: a host as it was before puffboot. */
export function hostCommand(): Command {
  return new Command('host').description('take over what a host has').addCommand(importCommand());
}

function importCommand(): Command {
  return common(
    'import',
    "take over the VMs of a host's vm.conf(5) and dhcpd.conf(5); the host is not changed",
  )
    .argument('<host>', 'name of the host')
    .option('--vm-conf <file>', 'read this file instead of those of the running host')
    .option('--dhcpd-conf <file>', 'addresses for --vm-conf')
    .option('--update', 'let VMs of the inventory take over what the host says differently')
    .option('-n, --dry-run', 'say what would be done, and change nothing')
    .action(async (host: string, options: HostImportOptions) => {
      if (options.dhcpdConf !== undefined && options.vmConf === undefined) {
        throw new OperatorError('USAGE', '--dhcpd-conf goes with --vm-conf');
      }
      const { update = false, dryRun = false } = options;
      const [vmConf, dhcpdConf] = [await textOf(options.vmConf), await textOf(options.dhcpdConf)];
      const body = { vmConf, dhcpdConf, update, dryRun };
      const path = `/hosts/${encodeURIComponent(host)}/import`;
      const result = (await ask(options, (api) => api.call('POST', path, body))) as ImportedHost;
      print(options, result, renderRemarks(result) + renderImport(result.vms, dryRun));
      if (result.vms.some(({ outcome }) => outcome === 'refused')) process.exitCode = 1;
    });
}

const renderRemarks = ({ remarks }: ImportedHost): string =>
  printable(remarks.map(({ file, line, message }) => `${file}:${line}: ${message}\n`).join(''));

async function textOf(file: string | undefined): Promise<{ file: string; text: string } | null> {
  if (file === undefined) return null;
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (cause) {
    throw new OperatorError('USAGE', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
