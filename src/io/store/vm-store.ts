import type { Kysely } from 'kysely';
import { OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import { ENDED } from '../../install/install.ts';
import type { VmStore } from '../../inventory/store.ts';
import type { Vm } from '../../inventory/vm.ts';
import { listRetired } from './retired-rows.ts';
import { parseVmRow, renderVmRow } from './rows.ts';
import type { Tables } from './tables.ts';

export function vmStore(database: Kysely<Tables>): VmStore {
  return {
    addVm: (allocate) =>
      database.transaction().execute(async (transaction) => {
        const vm = allocate(await listVms(transaction), await listRetired(transaction));
        await transaction.insertInto('vms').values(renderVmRow(vm)).execute();
        return vm;
      }),
    listVms: () => listVms(database),
    findVm: (name) => findVm(database, name),
    updateVm: (name, change) =>
      database.transaction().execute(async (transaction) => {
        const vm = change(await requireVm(transaction, name));
        await transaction.updateTable('vms').set(renderVmRow(vm)).where('name', '=', name).execute();
        return vm;
      }),
    changeVms: (change) =>
      database.transaction().execute(async (transaction) => {
        const existing = await listVms(transaction);
        const known = new Set(existing.map(({ name }) => name));
        const vms = change(existing, await listRetired(transaction));
        for (const vm of vms) {
          const row = renderVmRow(vm);
          await (known.has(vm.name)
            ? transaction.updateTable('vms').set(row).where('name', '=', vm.name).execute()
            : transaction.insertInto('vms').values(row).execute());
        }
        return vms;
      }),
  };
}

/** With everything that belongs to it. */
export async function deleteVm(database: Kysely<Tables>, name: string): Promise<void> {
  await database.deleteFrom('installs').where('vm', '=', name).execute();
  await database.deleteFrom('stopped_vms').where('vm', '=', name).execute();
  await database.deleteFrom('vms').where('name', '=', name).execute();
}

/** @throws OperatorError VM_NOT_FOUND */
export async function requireVm(database: Kysely<Tables>, name: string): Promise<Vm> {
  const vm = await findVm(database, name);
  if (vm !== null) return vm;
  throw new OperatorError('VM_NOT_FOUND', `there is no VM ${show(name)}`);
}

/** @throws OperatorError VM_BUSY */
export async function refuseOpenInstall(database: Kysely<Tables>, name: string): Promise<void> {
  const open = await database
    .selectFrom('installs')
    .select(['mode', 'state'])
    .where('vm', '=', name)
    .where('state', 'not in', [...ENDED])
    .executeTakeFirst();
  if (open === undefined) return;
  throw new OperatorError('VM_BUSY', `the ${open.mode} of VM ${name} is under way (${open.state})`);
}

async function listVms(database: Kysely<Tables>): Promise<readonly Vm[]> {
  const rows = await database.selectFrom('vms').selectAll().orderBy('host').orderBy('id').execute();
  return rows.map(parseVmRow);
}

async function findVm(database: Kysely<Tables>, name: string): Promise<Vm | null> {
  const row = await database.selectFrom('vms').selectAll().where('name', '=', name).executeTakeFirst();
  return row === undefined ? null : parseVmRow(row);
}
