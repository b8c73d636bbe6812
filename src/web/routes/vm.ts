import { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import type { Config } from '../../config/schema.ts';
import type { InstallStore } from '../../install/store.ts';
import { allocate } from '../../inventory/allocate.ts';
import { applyChange } from '../../inventory/change.ts';
import type { VmStore } from '../../inventory/store.ts';
import type { Vm, VmChange, VmOrder } from '../../inventory/vm.ts';
import type { InstallView, VmView } from '../operator.ts';
import type { Route, RouteRequest } from '../route.ts';
import { allocationHost } from './allocation-host.ts';
import { parseBody } from './body.ts';
import { EXPLAIN_ROUTE } from './explain.ts';
import { NETWORK_ROUTES } from './network.ts';
import { RESPONSE_FILE_ROUTE } from './response-file.ts';
import { VM_FILE_ROUTES } from './vm-file.ts';
import { installViewOf, vmViewOf } from './vm-view.ts';

/** What the VM routes need. */
export interface VmContext {
  readonly store: VmStore & InstallStore;
  readonly config: Config;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The install service of a running `serve`; without one, installs are shown as the store has them. */
  readonly installs?: {
    installView(vm: string): Promise<InstallView | null>;
    /** To be told after every change of the inventory. */
    refresh(): Promise<void>;
  };
}

export const VM_ROUTES: readonly Route<VmContext>[] = [
  { method: 'GET', path: '/vms', run: listVms },
  { method: 'POST', path: '/vms', run: addVm },
  { method: 'GET', path: '/vms/:name', run: showVm },
  { method: 'PATCH', path: '/vms/:name', run: setVm },
  RESPONSE_FILE_ROUTE,
  ...VM_FILE_ROUTES,
  ...NETWORK_ROUTES,
  EXPLAIN_ROUTE,
];

export async function listVms(context: VmContext): Promise<readonly VmView[]> {
  const vms = await context.store.listVms();
  return Promise.all(vms.map((vm) => viewOf(context, vm)));
}

/** @throws OperatorError VM_NOT_FOUND */
export async function showVm(context: VmContext, { params }: RouteRequest): Promise<VmView> {
  const name = params.name ?? '';
  const vm = await context.store.findVm(name);
  if (vm === null) throw new OperatorError('VM_NOT_FOUND', `there is no VM ${show(name)}`);
  return viewOf(context, vm);
}

/**
 * The body is a VmOrder; `host` may be left out.
 * @throws OperatorError VM_REFUSED, VM_EXISTS, HOST_NOT_FOUND, HOST_FULL
 */
export async function addVm(context: VmContext, { body }: RouteRequest): Promise<VmView> {
  const order: VmOrder = parseBody(ORDER, body);
  const hosts = context.config.hosts.map(allocationHost);
  const vm = await context.store.addVm((existing, retired) =>
    allocate(order, hosts, existing, context.now(), retired),
  );
  announce(context);
  return viewOf(context, vm);
}

/** The body is a VmChange. @throws OperatorError VM_NOT_FOUND, VM_REFUSED */
export async function setVm(context: VmContext, { params, body }: RouteRequest): Promise<VmView> {
  const change: VmChange = parseBody(CHANGE, body);
  const vm = await context.store.updateVm(params.name ?? '', (stored) => applyChange(stored, change));
  announce(context);
  return viewOf(context, vm);
}

/** Not waited for: a netboot process that is away is told everything when it comes back. */
function announce({ installs }: VmContext): void {
  installs?.refresh().catch(() => undefined);
}

async function viewOf({ store, installs }: VmContext, vm: Vm): Promise<VmView> {
  if (installs !== undefined) return vmViewOf(vm, await installs.installView(vm.name));
  const install = await store.latestInstall(vm.name);
  return vmViewOf(vm, install === null ? null : installViewOf(install));
}

const text = z.string('expected a text');
const number = z.number('expected a number');
const texts = z.array(text, 'expected a list of texts');

/** Types alone; what the values may be is the inventory's business. */
const CHANGES = {
  hostName: text.exactOptional(),
  owner: text.nullable().exactOptional(),
  sshKeys: texts.exactOptional(),
  memoryMiB: number.exactOptional(),
  diskSizesMiB: z.array(number, 'expected a list of numbers').exactOptional(),
  diskFormat: z.enum(['raw', 'qcow2'], 'expected raw or qcow2').exactOptional(),
  release: text.exactOptional(),
  sets: texts.exactOptional(),
  timezone: text.exactOptional(),
  fullName: text.nullable().exactOptional(),
  email: text.nullable().exactOptional(),
  note: text.nullable().exactOptional(),
  orderedOn: text.nullable().exactOptional(),
  paidUntil: text.nullable().exactOptional(),
  payment: text.nullable().exactOptional(),
  subscription: text.nullable().exactOptional(),
  diskPaths: texts.exactOptional(),
  disklabel: text.nullable().exactOptional(),
  ipv4Method: z.enum(['dhcp', 'static'], 'expected dhcp or static').exactOptional(),
  installed: z.boolean('expected true or false').exactOptional(),
  passwords: z.boolean('expected true or false').exactOptional(),
};
const CHANGE = z.strictObject(CHANGES, 'expected an object');
const ORDER = z.strictObject(
  { name: text, host: text.nullable().default(null), ...CHANGES },
  'expected an object',
);
