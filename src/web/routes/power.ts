import { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import type { PowerJob, PowerOrder } from '../../install/power.ts';
import type { Route } from '../route.ts';

/** What the power routes need: the service that starts and stops VMs. */
export interface PowerContext {
  readonly power: {
    begin(order: PowerOrder): Promise<PowerJob>;
    job(id: string): PowerJob;
    cancel(id: string): PowerJob;
  };
}

export const POWER_ROUTES: readonly Route<PowerContext>[] = [
  { method: 'POST', path: '/power', run: ({ power }, { body }) => power.begin(parseOrder(body)) },
  { method: 'GET', path: '/power/:id', run: async ({ power }, { params }) => power.job(params.id ?? '') },
  {
    method: 'DELETE',
    path: '/power/:id',
    run: async ({ power }, { params }) => power.cancel(params.id ?? ''),
  },
];

const seconds = z.number().min(0).max(86_400).nullable().default(null);

const ORDER = z.strictObject({
  action: z.enum(['start', 'stop', 'kill']),
  vms: z.union([z.literal('all'), z.array(z.string()).min(1)]),
  host: z.string().nullable().default(null),
  delaySeconds: seconds,
  timeoutSeconds: seconds,
  killAfterSeconds: seconds,
});

function parseOrder(body: unknown): PowerOrder {
  const parsed = ORDER.safeParse(body);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`);
  throw new OperatorError('USAGE', `this is no order to start or stop VMs: ${lines.join('; ')}`);
}
