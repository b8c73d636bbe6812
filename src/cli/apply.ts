import { Command } from 'commander';
import { OperatorError } from '../common/error.ts';
import type { ApplyView, PlanView } from '../web/host-operator.ts';
import type { Api } from './api.ts';
import { confirm } from './confirm.ts';
import { hostsOf, lookAt, printLooked, withApi } from './plan.ts';
import { count, renderFailure } from './plan-text.ts';
import { pollUntil } from './poll.ts';

interface ApplyOptions {
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `puffboot apply [HOST]`: the plan of each host, carried out after a yes. */
export function applyCommand(): Command {
  return new Command('apply')
    .description('make the hosts as inventory and configuration want them; shows the plan and asks first')
    .argument('[host]', 'name of the host; all of them without it')
    .option('-f, --config <file>', 'configuration file')
    .option('-n, --dry-run', 'as `puffboot plan`: show what would be done')
    .option('-y, --yes', 'do not ask')
    .action(async (host: string | undefined, options: ApplyOptions) => {
      await withApi(options.config, async (api) => {
        const looked = await lookAt(api, await hostsOf(api, host), printLooked);
        if (options.dryRun) return;
        const plans = looked.flatMap(({ plan }) => plan ?? []).filter(isDue);
        if (plans.length === 0) return;
        if (!options.yes && !(await agreed(plans))) return;
        const ends = await Promise.all(
          plans.map((plan) => carryOut(api, plan.host, options.yes ? null : plan.digest)),
        );
        const failed = ends.filter(({ state }) => state === 'failed');
        if (failed.length > 0) throw new OperatorError('APPLY_FAILED', failed.map(renderFailure).join('\n'));
      });
    });
}

const isDue = ({ steps, faults }: PlanView): boolean => steps.length > 0 && faults.length === 0;

function agreed(plans: readonly PlanView[]): Promise<boolean> {
  const steps = plans.reduce((sum, plan) => sum + plan.steps.length, 0);
  const hosts = plans.length === 1 ? (plans[0]?.host ?? '') : count(plans.length, 'host');
  return confirm(`Carry out ${count(steps, 'step')} on ${hosts}?`, 'nothing was applied');
}

/** Follows an apply and prints a line for each step that is done. */
async function carryOut(api: Api, host: string, digest: string | null): Promise<ApplyView> {
  const path = `/hosts/${encodeURIComponent(host)}/apply`;
  const say = (text: string) => process.stdout.write(`${host}: ${text}\n`);
  const { id, state } = (await api.call('POST', path, { digest })) as ApplyView;
  if (state === 'waiting') say('waits for the apply that is under way');
  let printed = 0;
  const end = await pollUntil(
    new AbortController().signal,
    () => undefined,
    async () => {
      const view = (await api.call('GET', `${path}?id=${id}`)) as ApplyView | null;
      if (view === null) throw lost(host);
      const done = view.steps.filter((step) => step.state === 'done');
      for (const { says } of done.slice(printed)) say(`done: ${says}`);
      printed = done.length;
      return view.state === 'done' || view.state === 'failed' ? view : null;
    },
  );
  if (end === null) throw lost(host);
  if (end.state === 'done') say('as it is wanted');
  return end;
}

/** The server was started anew. */
const lost = (host: string): OperatorError =>
  new OperatorError('APPLY_STOPPED', `puffboot was stopped while it changed ${host}`);
