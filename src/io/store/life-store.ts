import type { Kysely } from 'kysely';
import type { LifeStore } from '../../inventory/store.ts';
import type { Tables } from './tables.ts';
import { requireVm } from './vm-store.ts';

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
  };
}
