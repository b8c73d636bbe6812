import type { Kysely } from 'kysely';
import { OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import type { LifeStore } from '../../inventory/store.ts';
import { listRetired, refuseRetirement, renderRetired, saveRetired } from './retired-rows.ts';
import type { Tables } from './tables.ts';
import { deleteVm, refuseOpenInstall, requireVm } from './vm-store.ts';

export function lifeStore(database: Kysely<Tables>): LifeStore {
  return {
    setStopped: (name, stopped) =>
      database.transaction().execute(async (transaction) => {
        await requireVm(transaction, name);
        await transaction.deleteFrom('stopped_vms').where('vm', '=', name).execute();
        if (stopped) await transaction.insertInto('stopped_vms').values({ vm: name }).execute();
      }),
    async stoppedVms() {
      const rows = await database.selectFrom('stopped_vms').select('vm').execute();
      return new Set(rows.map(({ vm }) => vm));
    },
    orderRetirement: (retired) =>
      database.transaction().execute(async (transaction) => {
        await requireVm(transaction, retired.name);
        await refuseOpenInstall(transaction, retired.name);
        await refuseRetirement(transaction, retired.name);
        await transaction.insertInto('retired_vms').values(renderRetired(retired)).execute();
      }),
    leaveInventory: (key) =>
      database.transaction().execute(async (transaction) => {
        const retired = (await listRetired(transaction)).find((each) => each.key === key);
        if (retired?.stage !== 'ordered') return;
        await deleteVm(transaction, retired.name);
        await saveRetired(transaction, { ...retired, stage: 'clearing' });
      }),
    saveRetired: (retired) => saveRetired(database, retired),
    listRetired: () => listRetired(database),
    async forgetRetired(name) {
      const { numDeletedRows } = await database
        .deleteFrom('retired_vms')
        .where('name', '=', name)
        .where('stage', '=', 'retired')
        .executeTakeFirst();
      if (numDeletedRows === 0n)
        throw new OperatorError('VM_NOT_FOUND', `no VM ${show(name)} was removed and is remembered`);
    },
  };
}
