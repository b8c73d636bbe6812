import { explain } from '../../../netboot/explain.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import { parseLladdr } from '../../common/address.ts';
import { OperatorError } from '../../common/error.ts';
import { RELEASE, show } from '../../common/form.ts';
import type { Config } from '../../config/schema.ts';
import { catalogOf } from '../../install/catalog.ts';
import type { InstallStore } from '../../install/store.ts';
import type { VmStore } from '../../inventory/store.ts';
import type { Route, RouteRequest } from '../route.ts';

interface ExplainContext {
  readonly store: VmStore & InstallStore;
  readonly config: Config;
  now(): number;
}

/** What netboot would tell a machine now, and why; from the catalog that netboot has too. */
export const EXPLAIN_ROUTE: Route<ExplainContext> = {
  method: 'GET',
  path: '/netboot/explain/:lladdr',
  run: explainMachine,
};

/** @throws OperatorError USAGE */
async function explainMachine(
  { store, config, now }: ExplainContext,
  { params, query }: RouteRequest,
): Promise<{ readonly sentences: readonly string[] }> {
  const lladdr = parseLladdr(params.lladdr ?? '');
  if (lladdr === null) {
    throw new OperatorError(
      'USAGE',
      `expected an lladdr such as fe:e1:bb:d1:4c:07 (found ${show(params.lladdr)})`,
    );
  }
  const [vms, installs] = await Promise.all([store.listVms(), store.latestInstalls()]);
  const lookup = lookupOf(catalogOf(config, vms, installs, now()));
  const asking = {
    lladdr,
    arch: archOf(query.get('arch')),
    release: releaseOf(query.get('release')),
    now: now(),
  };
  return { sentences: explain(lookup, asking) };
}

function archOf(text: string | null): number | null {
  if (text === null) return null;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 0xffff) return Number(text);
  throw new OperatorError(
    'USAGE',
    `expected an architecture number of RFC 4578, 0 to 65535 (found ${show(text)})`,
  );
}

function releaseOf(text: string | null): string | null {
  if (text === null || RELEASE.test(text) || text === 'snapshots') return text;
  throw new OperatorError('USAGE', `expected a release such as 7.6 (found ${show(text)})`);
}
