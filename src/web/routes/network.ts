import { z } from 'zod';
import { joinNetwork, leaveNetwork, networksOf, type PrivateNetwork } from '../../inventory/network.ts';
import type { Route, RouteRequest } from '../route.ts';
import { parseBody } from './body.ts';
import type { ImportContext } from './importing.ts';

/** Private networks between VMs of one owner. */
export const NETWORK_ROUTES: readonly Route<ImportContext>[] = [
  { method: 'GET', path: '/networks', run: async ({ store }) => networksOf(await store.listVms()) },
  { method: 'POST', path: '/networks/:name', run: join },
  { method: 'DELETE', path: '/networks/:name', run: leave },
];

const BODY = z.strictObject({ vms: z.array(z.string('expected a text'), 'expected a list of texts') });

/** @returns the network as it is now. @throws OperatorError VM_NOT_FOUND, VM_REFUSED */
async function join(context: ImportContext, { params, body }: RouteRequest): Promise<PrivateNetwork | null> {
  const { vms } = parseBody(BODY, body);
  const uplinkOf = (host: string) => context.config.hosts.find(({ name }) => name === host)?.switch ?? '';
  const name = params.name ?? '';
  await context.store.changeVms((existing) => joinNetwork(name, vms, existing, uplinkOf));
  return told(context, name);
}

/** The body's `vms` leave, all of them where it names none. @returns what is left of the network, or null */
async function leave(context: ImportContext, { params, body }: RouteRequest): Promise<PrivateNetwork | null> {
  const { vms } = parseBody(BODY, body);
  const name = params.name ?? '';
  await context.store.changeVms((existing) => leaveNetwork(name, vms, existing));
  return told(context, name);
}

async function told({ store, installs }: ImportContext, name: string): Promise<PrivateNetwork | null> {
  installs?.refresh().catch(() => undefined);
  return networksOf(await store.listVms()).find((network) => network.name === name) ?? null;
}
