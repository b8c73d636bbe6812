import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { openConnection } from '../../../src/io/store/connection.ts';
import { workerDialect } from '../../../src/io/store/dialect.ts';
import { openStore } from '../../../src/io/store/store.ts';
import type { Tables } from '../../../src/io/store/tables.ts';
import { describeStore, nextVm, sampleInstall, sampleVm } from '../../contract/store.ts';

const makeDirectory = () => mkdtemp(join(tmpdir(), 'puffboot-store-'));
const openIn = (directory: string) => openStore(directory, { log: SILENT_LOG });
const code = (wanted: string, message = /./) =>
  expect.objectContaining({ code: wanted, message: expect.stringMatching(message) });

describeStore('SQLite', async () => {
  const directory = await makeDirectory();
  return { open: () => openIn(directory), remove: () => rm(directory, { recursive: true }) };
});

describe('openStore', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await makeDirectory();
  });
  afterEach(() => rm(directory, { recursive: true }));
  const file = () => join(directory, 'puffboot.sqlite');

  /** Changes the rows behind the store's back. */
  async function withRows(...statements: readonly string[]): Promise<void> {
    const store = await openIn(directory);
    await store.addVm(nextVm);
    await store.createInstall(sampleInstall('a'));
    await store.close();
    const database = new Database(file());
    for (const statement of statements) database.exec(statement);
    database.close();
  }

  it('makes a database that nobody else can read, in WAL mode, durable', async () => {
    const store = await openIn(join(directory, 'new', 'deeper'));
    await store.close();
    const made = join(directory, 'new', 'deeper', 'puffboot.sqlite');
    expect((await stat(made)).mode & 0o777).toBe(0o600);
    const connection = openConnection(made);
    const pragma = async (name: string) => (await connection.query(`pragma ${name}`, [])).rows;
    expect(await pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await pragma('synchronous')).toEqual([{ synchronous: 2 }]);
    expect(await pragma('foreign_keys')).toEqual([{ foreign_keys: 1 }]);
    await connection.close();
  });

  it('refuses a second open install in the database itself', async () => {
    await withRows();
    const database = new Database(file());
    const copy = database.prepare(
      "insert into installs select 2, 'b', vm, host, mode, state, 'other', node, claim, phases, witnesses, failure, recording, fresh_disk, way from installs",
    );
    expect(() => copy.run()).toThrowError(/UNIQUE constraint failed: installs.vm/);
    database.close();
  });

  it.each([
    ['vms', "ssh_keys = 'x'", /^the row of VM vm1 is damaged: ssh_keys: is no JSON$/],
    ['vms', "ssh_keys = '[1]'", /ssh_keys.0: /],
    ['vms', "lladdr = 'FE:E1:BB:D1:4C:01'", /lladdr: is no lladdr/],
    [
      'vms',
      "ipv4 = '192.0.2.256', memory_mib = 'much'",
      /ipv4: is no IPv4 address; memory_mib: |memory_mib: .*; ipv4/,
    ],
    ['vms', "disk_format = 'vmdk'", /disk_format: /],
    ['installs', "state = 'asleep'", /^the row of install a of VM vm1 is damaged: state: /],
    ['installs', "phases = '[{}]'", /phases.0.name: .*phases.0.at: /],
    ['installs', "witnesses = 'null'", /witnesses: /],
    ['installs', "failure = '{}'", /failure.phase: /],
    ['installs', 'fresh_disk = 2', /fresh_disk: /],
  ])('names a damaged row of %s: %s', async (table, change, message) => {
    await withRows(`update ${table} set ${change}`);
    const store = await openIn(directory);
    const read = table === 'vms' ? store.listVms() : store.latestInstalls();
    await expect(read).rejects.toThrowError(code('STATE_DAMAGED', message));
    await store.close();
  });

  it('refuses a database of a newer puffboot and leaves it alone', async () => {
    await withRows("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00Z')");
    await expect(openIn(directory)).rejects.toThrowError(code('STATE_DAMAGED', /newer puffboot.*9999-later/));
  });

  it('refuses what is no database', async () => {
    await writeFile(file(), 'not a database, but long enough to be looked at'.repeat(100));
    await expect(openIn(directory)).rejects.toThrowError(code('STATE_DAMAGED', /not a database/));
  });

  it('says when another process does not let go', async () => {
    await withRows();
    const database = new Database(file());
    const connection = openConnection(file());
    await connection.query('pragma busy_timeout = 10', []);
    database.exec('begin immediate');
    await expect(connection.query("update vms set host = 'b'", [])).rejects.toThrowError(
      code('STATE_LOCKED'),
    );
    database.close();
    await connection.close();
  });

  it('says that it cannot write below a file', async () => {
    await expect(openIn('/dev/null/state')).rejects.toThrowError(code('STATE_UNWRITABLE', /ENOTDIR/));
  });

  it.skipIf(process.getuid?.() === 0)(
    'says that it cannot write a read-only directory, not as root',
    async () => {
      const closed = join(directory, 'closed');
      await mkdir(closed, { mode: 0o500 });
      await expect(openIn(closed)).rejects.toThrowError(code('STATE_UNWRITABLE', /EACCES/));
      await chmod(closed, 0o700);
    },
  );

  it('says when the disk is full, and goes on when there is space again', async () => {
    const store = await openIn(directory);
    await store.close();
    const connection = openConnection(file());
    const { rows } = await connection.query('pragma page_count', []);
    await connection.query(`pragma max_page_count = ${Number(Object.values(Object(rows[0]))[0])}`, []);
    const fill = () =>
      connection.query('insert into kysely_migration values (?, ?)', ['x'.repeat(100_000), 'x']);
    await expect(fill()).rejects.toThrowError(code('STATE_UNWRITABLE', /no space left/));
    await connection.query('pragma max_page_count = 1000000', []);
    await expect(fill()).resolves.toMatchObject({ changes: 1 });
    await connection.close();
  });

  it('rolls back what a full disk ends, and serves the next caller', async () => {
    await withRows();
    const connection = openConnection(file());
    const database = new Kysely<Tables>({ dialect: workerDialect(connection) });
    await connection.query('pragma max_page_count = 1', []);
    const grow = database.transaction().execute(async (transaction) => {
      await transaction.updateTable('vms').set({ host: 'elsewhere' }).execute();
      await transaction
        .updateTable('vms')
        .set({ owner: 'x'.repeat(1_000_000) })
        .execute();
    });
    await expect(grow).rejects.toThrowError(code('STATE_UNWRITABLE'));
    expect(await database.selectFrom('vms').select(['host', 'owner']).execute()).toEqual([
      { host: 'vmm1', owner: null },
    ]);
    await connection.close();
  });

  it('tells every waiting and later caller when the thread has died', async () => {
    const dying = new URL('data:text/javascript,process.exit(3)');
    const connection = openConnection(file(), dying);
    const stopped = code('STORE_STOPPED', /ended with status 3/);
    const calls = [connection.query('select 1', []), connection.query('select 2', [])];
    for (const { reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
      expect(reason).toEqual(stopped);
    }
    await expect(connection.query('select 3', [])).rejects.toThrowError(stopped);
    await connection.close();
  });

  it('says that the store is closed', async () => {
    const store = await openIn(directory);
    await store.close();
    await expect(store.listVms()).rejects.toThrowError();
  });
});

/** The argument vector of a process that adds VMs, on the compiled store. */
const writer = (directory: string, count: number): readonly string[] => [
  fileURLToPath(new URL('./writer.mjs', import.meta.url)),
  directory,
  String(count),
  JSON.stringify(sampleVm(1)),
];

describe('processes', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await makeDirectory();
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('add VMs at once, into a new database, and never collide', async () => {
    const run = () => promisify(execFile)(process.execPath, writer(directory, 20));
    const printed = (await Promise.all([run(), run(), run()])).flatMap(({ stdout }) =>
      stdout.trim().split('\n'),
    );
    const expected = Array.from({ length: 60 }, (_, index) => index + 1);
    expect(printed.map(Number).sort((a, b) => a - b)).toEqual(expected);
    const store = await openIn(directory);
    expect((await store.listVms()).map((vm) => vm.id)).toEqual(expected);
    await store.close();
  });

  it('leave everything that was acknowledged when they are killed', async () => {
    for (const rounds of [5, 12]) {
      const argv = writer(directory, 10_000);
      const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      const acknowledged: number[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged.push(Number(line));
        if (acknowledged.length === rounds) child.kill('SIGKILL');
      }
      const store = await openIn(directory);
      const ids = (await store.listVms()).map((vm) => vm.id);
      expect(ids).toEqual(ids.map((_, index) => index + 1));
      expect(acknowledged.length).toBeGreaterThanOrEqual(rounds);
      expect(ids).toEqual(expect.arrayContaining(acknowledged));
      await store.close();
    }
  });
});
