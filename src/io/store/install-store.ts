import type { Kysely, Selectable } from 'kysely';
import { ENDED, type Install, type InstallState } from '../../install/install.ts';
import type { InstallStore } from '../../install/store.ts';
import { refuseRetirement } from './retired-rows.ts';
import { parseInstallRow, renderInstallRow } from './rows.ts';
import type { InstallTable, Tables } from './tables.ts';
import { refuseOpenInstall, requireVm } from './vm-store.ts';

export function installStore(database: Kysely<Tables>): InstallStore {
  return {
    createInstall: (install) =>
      database.transaction().execute(async (transaction) => {
        await requireVm(transaction, install.vm);
        await refuseOpenInstall(transaction, install.vm);
        await refuseRetirement(transaction, install.vm);
        await transaction.insertInto('installs').values(renderInstallRow(install)).execute();
        // It runs when its install is done.
        await transaction.deleteFrom('stopped_vms').where('vm', '=', install.vm).execute();
      }),
    saveInstall: (install) => saveInstall(database, install),
    claimInstalls: (node, claim) => claimInstalls(database, node, claim),
    async latestInstalls() {
      const rows = await newest(database).orderBy('vm').execute();
      return rows.map(parseInstallRow);
    },
    async latestFailures() {
      const rows = await newest(database, 'failed').orderBy('vm').execute();
      return rows.map(parseInstallRow);
    },
    async latestInstall(vm) {
      const row = await newest(database).where('vm', '=', vm).executeTakeFirst();
      return row === undefined ? null : parseInstallRow(row);
    },
  };
}

/** `is not distinct from` is an `=` that also holds between two nulls. */
async function saveInstall(database: Kysely<Tables>, install: Install): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('installs')
    .set(renderInstallRow(install))
    .where('id', '=', install.id)
    .where('claim', 'is not distinct from', install.claim)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function claimInstalls(database: Kysely<Tables>, node: string, claim: string): Promise<readonly Install[]> {
  return database.transaction().execute(async (transaction) => {
    const ended = [...ENDED];
    await transaction
      .updateTable('installs')
      .set({ claim })
      .where('node', '=', node)
      .where('state', 'not in', ended)
      .execute();
    const rows: readonly Selectable<InstallTable>[] = await transaction
      .selectFrom('installs')
      .selectAll()
      .where('node', '=', node)
      .where('state', 'not in', ended)
      .orderBy('seq')
      .execute();
    return rows.map(parseInstallRow);
  });
}

/** The newest install of each VM, or the newest of those in a state. */
function newest(database: Kysely<Tables>, state?: InstallState) {
  return database
    .selectFrom('installs')
    .selectAll()
    .where('seq', 'in', (query) =>
      query
        .selectFrom('installs as each')
        .$if(state !== undefined, (all) => all.where('each.state', '=', state ?? ''))
        .select((select) => select.fn.max('each.seq').as('seq'))
        .groupBy('each.vm'),
    );
}
