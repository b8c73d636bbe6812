import { type Kysely, type Migration, sql } from 'kysely';

/**
 * The history of the database's shape, in order of the names. A migration that was released is never changed
 * again, so it uses nothing of the rest of the program.
 */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-vms-and-installs': {
    async up(database: Kysely<unknown>) {
      await createVms(database);
      await createInstalls(database);
    },
  },
  '0002-stopped-vms': { up: createStoppedVms },
  '0002-vms-retired': { up: createRetiredVms },
  '0003-customers-and-nics': { up: addCustomersAndNics },
  '0004-ways': { up: addWays },
};

/** VMs that were stopped on purpose: a host that boots leaves them as they are. */
async function createStoppedVms(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('stopped_vms')
    .addColumn('vm', 'text', (column) => column.primaryKey().notNull())
    .execute();
}

/** VMs that are or were removed: not in `vms`, whose names and addresses are those in use. */
async function createRetiredVms(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('retired_vms')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('key', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('stage', 'text', (column) => column.notNull())
    .addColumn('retired', 'text', (column) => column.notNull())
    .execute();
  // One removal at a time for each name.
  await sql`create unique index retired_vms_open on retired_vms (name) where stage <> 'retired'`.execute(
    database,
  );
}

async function createVms(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('vms')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('id', 'integer', (column) => column.notNull())
    .addColumn('lladdr', 'text', (column) => column.notNull().unique())
    .addColumn('ipv4', 'text', (column) => column.notNull().unique())
    .addColumn('ipv6', 'text', (column) => column.unique())
    .addColumn('host_name', 'text', (column) => column.notNull())
    .addColumn('owner', 'text')
    .addColumn('ssh_keys', 'text', (column) => column.notNull())
    .addColumn('memory_mib', 'integer', (column) => column.notNull())
    .addColumn('disk_sizes_mib', 'text', (column) => column.notNull())
    .addColumn('disk_format', 'text', (column) => column.notNull())
    .addColumn('release', 'text', (column) => column.notNull())
    .addColumn('arch', 'text', (column) => column.notNull())
    .addColumn('sets', 'text', (column) => column.notNull())
    .addColumn('timezone', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('vms_place', ['host', 'id'])
    .execute();
}

async function createInstalls(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('installs')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('vm', 'text', (column) => column.notNull().references('vms.name'))
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('mode', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('token', 'text', (column) => column.notNull().unique())
    .addColumn('node', 'text', (column) => column.notNull())
    .addColumn('claim', 'text')
    .addColumn('phases', 'text', (column) => column.notNull())
    .addColumn('witnesses', 'text', (column) => column.notNull())
    .addColumn('failure', 'text')
    .addColumn('recording', 'text', (column) => column.notNull())
    .addColumn('fresh_disk', 'integer', (column) => column.notNull())
    .execute();
  await database.schema.createIndex('installs_of_vm').on('installs').columns(['vm', 'seq']).execute();
  // A VM has one open install at most, whatever the programs above do.
  await sql`
    create unique index installs_open on installs (vm)
    where state not in ('running', 'failed', 'cancelled')
  `.execute(database);
}

/** SQLite adds one column a statement. */
async function addCustomersAndNics(database: Kysely<unknown>): Promise<void> {
  const texts = 'full_name email note ordered_on paid_until payment subscription disklabel'.split(' ');
  for (const name of texts) await database.schema.alterTable('vms').addColumn(name, 'text').execute();
  for (const name of ['nics', 'disk_paths', 'file_lines']) {
    await database.schema
      .alterTable('vms')
      .addColumn(name, 'text', (column) => column.notNull().defaultTo('[]'))
      .execute();
  }
  await database.schema
    .alterTable('vms')
    .addColumn('ipv4_method', 'text', (column) => column.notNull().defaultTo('dhcp'))
    .execute();
  for (const name of ['passwords', 'installed']) {
    await database.schema
      .alterTable('vms')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  }
}

/** How the installer is answered: by its response file, so far. */
async function addWays(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .alterTable('installs')
    .addColumn('way', 'text', (column) => column.notNull().defaultTo('auto'))
    .execute();
}
