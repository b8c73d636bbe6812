import { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import { DISK_FATES, type DiskFate, type Retired } from '../../inventory/retired.ts';
import type { Route } from '../route.ts';

/** A removed VM as it is shown. */
export type RetiredView = Retired & { readonly working: boolean };

/** What the routes about removed VMs need: the service that removes them. */
export interface RetireContext {
  readonly retire: {
    begin(
      name: string,
      order: {
        readonly fate: DiskFate;
        readonly killAfterSeconds: number | null;
        readonly hostGone: boolean;
      },
    ): Promise<Retired>;
    list(): Promise<readonly RetiredView[]>;
    forget(name: string): Promise<void>;
  };
}

export const RETIRE_ROUTES: readonly Route<RetireContext>[] = [
  {
    method: 'DELETE',
    path: '/vms/:name',
    run: ({ retire }, { params, query }) => retire.begin(params.name ?? '', orderOf(query)),
  },
  { method: 'GET', path: '/retired', run: ({ retire }) => retire.list() },
  {
    method: 'DELETE',
    path: '/retired/:name',
    async run({ retire }, { params }) {
      await retire.forget(params.name ?? '');
      return { forgotten: params.name };
    },
  },
];

const ORDER = z.strictObject({
  disks: z.enum(DISK_FATES).default('keep'),
  killAfter: z.coerce.number().min(0).max(86_400).optional(),
  hostGone: z.literal('').optional(),
});

function orderOf(query: URLSearchParams) {
  const parsed = ORDER.safeParse(Object.fromEntries(query));
  if (!parsed.success)
    throw new OperatorError('USAGE', `a VM is not removed so: ${parsed.error.issues[0]?.message}`);
  const { disks, killAfter, hostGone } = parsed.data;
  return { fate: disks, killAfterSeconds: killAfter ?? null, hostGone: hostGone !== undefined };
}
