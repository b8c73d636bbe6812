import { Command } from 'commander';
import { mapLimited } from '../common/each.ts';
import { messageOf, OperatorError } from '../common/error.ts';
import { show } from '../common/form.ts';
import type { PlanView } from '../web/host-operator.ts';
import { type Api, openApi } from './api.ts';
import { renderPlan } from './plan-text.ts';

/** A host that was looked at, or why it could not be. */
export type Looked =
  | { readonly host: string; readonly plan: PlanView; readonly error: null }
  | { readonly host: string; readonly plan: null; readonly error: unknown };

/** How many hosts are looked at at once. */
const AT_ONCE = 16;

interface PlanOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `puffboot plan [HOST]`: what would be done to the hosts; nothing is changed. */
export function planCommand(): Command {
  return new Command('plan')
    .description('what would make the hosts as inventory and configuration want them; nothing is changed')
    .argument('[host]', 'name of the host; all of them without it')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action(async (host: string | undefined, options: PlanOptions) => {
      await withApi(options.config, async (api) => {
        const hosts = await hostsOf(api, host);
        const looked = await lookAt(api, hosts, options.json ? undefined : printLooked);
        if (options.json) printJson(looked);
      });
    });
}

export async function withApi(config: string | undefined, use: (api: Api) => Promise<void>): Promise<void> {
  const api = await openApi(config === undefined ? {} : { config });
  try {
    await use(api);
  } finally {
    await api.close();
  }
}

/** @throws OperatorError HOST_NOT_FOUND */
export async function hostsOf(api: Api, name: string | undefined): Promise<readonly string[]> {
  const all = (await api.call('GET', '/hosts')) as readonly string[];
  if (name === undefined) return all;
  if (all.includes(name)) return [name];
  throw new OperatorError(
    'HOST_NOT_FOUND',
    `there is no host ${show(name)}; the hosts are ${all.join(', ')}`,
  );
}

/**
 * Looks at hosts in parallel and tells of each in the order in which they were named, as soon as those before it
 * are told. One that cannot be looked at does not stop the others.
 */
export async function lookAt(
  api: Api,
  hosts: readonly string[],
  tell: (looked: Looked) => void = () => undefined,
): Promise<readonly Looked[]> {
  const found = new Map<string, Looked>();
  const waiting = [...hosts];
  await mapLimited(hosts, AT_ONCE, async (host) => {
    found.set(host, await look(api, host));
    for (let next = found.get(waiting[0] ?? ''); next !== undefined; next = found.get(waiting[0] ?? '')) {
      waiting.shift();
      tell(next);
    }
  });
  const looked = hosts.flatMap((host) => found.get(host) ?? []);
  if (looked.some(({ plan }) => plan === null || plan.faults.length > 0)) process.exitCode = 1;
  return looked;
}

async function look(api: Api, host: string): Promise<Looked> {
  try {
    const plan = (await api.call('GET', `/hosts/${encodeURIComponent(host)}/plan`)) as PlanView;
    return { host, plan, error: null };
  } catch (error) {
    return { host, plan: null, error };
  }
}

export function printLooked({ host, plan, error }: Looked): void {
  if (plan !== null) process.stdout.write(renderPlan(plan));
  else process.stderr.write(`${host}: ${messageOf(error)}\n${fixOf(error)}`);
}

export const fixOf = (error: unknown): string =>
  error instanceof OperatorError ? `  fix: ${error.fix}\n` : '';

export function printJson(looked: readonly Looked[]): void {
  const rows = looked.map(({ host, plan, error }) => {
    const code = error instanceof OperatorError ? error.code : null;
    return { host, plan, error: error === null ? null : { code, message: messageOf(error) } };
  });
  process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
}
