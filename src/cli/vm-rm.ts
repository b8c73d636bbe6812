import { type Command, InvalidArgumentError, Option } from 'commander';
import { OperatorError } from '../common/error.ts';
import { DISK_FATES, type DiskFate, type Retired } from '../inventory/retired.ts';
import type { RetiredView } from '../web/routes/retire.ts';
import { type Api, openApi } from './api.ts';
import { confirm } from './confirm.ts';
import { pollUntil } from './poll.ts';
import { printable, renderTable, renderTime } from './table.ts';
import { ask, type CommonOptions, common, print } from './vm-common.ts';

interface RmOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly disks?: DiskFate;
  readonly killAfter?: number;
  readonly hostGone?: boolean;
  readonly forget?: boolean;
}

export function rmCommand(): Command {
  return common('rm', 'stop a VM, take its files off the host, and remove it from the inventory')
    .argument('<name>', 'name of the VM')
    .addOption(
      new Option('--disks <fate>', 'move them aside, or overwrite and delete them').choices([...DISK_FATES]),
    )
    .option('--kill-after <seconds>', 'kill it when it takes longer than this to shut down', seconds)
    .option('--host-gone', 'do nothing on its host, which will not come back')
    .option('--forget', 'of a removed VM: give its id and addresses free now')
    .option('-y, --yes', 'do not ask; without --disks they are kept')
    .action((name: string, options: RmOptions) => (options.forget ? forget : remove)(name, options));
}

async function forget(name: string, options: RmOptions): Promise<void> {
  const done = await ask(options, (api) => api.call('DELETE', `/retired/${encodeURIComponent(name)}`));
  print(options, done, `${name}: forgotten; its id and addresses are free\n`);
}

async function remove(name: string, options: RmOptions): Promise<void> {
  const api = await openApi(options.config === undefined ? {} : { config: options.config });
  try {
    const fate = options.disks ?? 'keep';
    if (!options.yes && !(await confirm(await question(api, name, fate), `${name} was not removed`))) return;
    const query = new URLSearchParams({ disks: fate });
    if (options.killAfter !== undefined) query.set('killAfter', String(options.killAfter));
    if (options.hostGone) query.set('hostGone', '');
    const begun = (await api.call('DELETE', `/vms/${encodeURIComponent(name)}?${query}`)) as Retired;
    const end = await follow(api, begun);
    print(options, end, `${name}: removed${fateText(end)}; ${heldText(end)}\n`);
  } finally {
    await api.close();
  }
}

/** One that is being removed already has left the inventory, perhaps, and its disks' fate is settled. */
async function question(api: Api, name: string, fate: DiskFate): Promise<string> {
  const open = (await retiredOf(api)).find((each) => each.name === name && each.stage !== 'retired');
  if (open !== undefined) return `Go on with the removal of VM ${JSON.stringify(name)}?`;
  await api.call('GET', `/vms/${encodeURIComponent(name)}`);
  const what = fate === 'keep' ? 'its disks are kept aside' : 'its disks are SHREDDED';
  return `Stop and remove VM ${JSON.stringify(name)}; ${what}?`;
}

/** @throws OperatorError RETIRE_FAILED; what was ordered is stored, and can be gone on with */
async function follow(api: Api, begun: Retired): Promise<Retired> {
  const stop = new AbortController();
  const away = () => undefined;
  const end = await pollUntil(stop.signal, away, async () => {
    const now = (await retiredOf(api)).find(({ key }) => key === begun.key);
    if (now === undefined || now.stage === 'retired') return now ?? begun;
    if (now.failure !== null && !now.working) {
      throw new OperatorError('RETIRE_FAILED', `${now.name}: ${printable(now.failure)}`);
    }
    return null;
  });
  return end ?? begun;
}

const retiredOf = async (api: Api) => (await api.call('GET', '/retired')) as readonly RetiredView[];

function fateText({ fate, kept, disks }: Retired): string {
  if (fate === 'keep') return kept.length === 0 ? '' : `, its disks kept as ${kept.join(' ')}`;
  return disks.length === 0 ? '' : ', its disks shredded';
}

const heldText = ({ id, ipv4, lladdr, heldUntil }: Retired): string =>
  `id ${id}, ${ipv4} and ${lladdr} are given to nobody until ${renderTime(heldUntil)}`;

/** `vm list --retired`. */
export async function listRetired(options: CommonOptions): Promise<void> {
  const retired = (await ask(options, retiredOf)) as readonly RetiredView[];
  const header = ['NAME', 'HOST', 'ID', 'LLADDR', 'ADDRESS', 'OWNER', 'HELD UNTIL', 'STATE', 'DISKS'];
  const rows = retired.map((each) => [
    each.name,
    each.host,
    String(each.id),
    each.lladdr,
    each.ipv4,
    each.owner ?? 'none',
    renderTime(each.heldUntil),
    each.stage === 'retired' ? 'removed' : (each.failure ?? `being removed (${each.stage})`),
    each.kept.length > 0 ? each.kept.join(' ') : each.fate === 'shred' ? 'shredded' : 'none',
  ]);
  print(options, retired, retired.length === 0 ? 'no VM was removed\n' : renderTable([header, ...rows]));
}

function seconds(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected whole seconds');
}
