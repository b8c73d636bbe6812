import { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import type { HostOperator } from '../host-operator.ts';
import type { Route } from '../route.ts';
import { HOST_IMPORT_ROUTE } from './host-import.ts';
import type { ImportContext } from './importing.ts';

export interface HostContext {
  readonly hosts: HostOperator;
}

const Body = z.strictObject({ digest: z.string().nullable().default(null) });

/** What is done to hosts. */
export const HOST_ROUTES: readonly Route<HostContext & ImportContext>[] = [
  HOST_IMPORT_ROUTE,
  { method: 'GET', path: '/hosts', run: async ({ hosts }) => hosts.hosts() },
  {
    method: 'GET',
    path: '/hosts/:name/plan',
    run: ({ hosts }, { params }) => hosts.plan(params.name ?? ''),
  },
  {
    method: 'POST',
    path: '/hosts/:name/apply',
    run: ({ hosts }, { params, body }) => hosts.apply(params.name ?? '', digestIn(body)),
  },
  {
    method: 'GET',
    path: '/hosts/:name/apply',
    run: async ({ hosts }, { params, query }) => hosts.applied(params.name ?? '', query.get('id')),
  },
  {
    method: 'GET',
    path: '/hosts/:name/doctor',
    run: ({ hosts }, { params }) => hosts.diagnose(params.name ?? ''),
  },
  {
    method: 'POST',
    path: '/hosts/:name/doctor',
    run: ({ hosts }, { params }) => hosts.remedy(params.name ?? ''),
  },
];

function digestIn(body: unknown): string | null {
  const parsed = Body.safeParse(body ?? {});
  if (parsed.success) return parsed.data.digest;
  throw new OperatorError('USAGE', 'an apply takes {"digest": "..."}, or nothing');
}
