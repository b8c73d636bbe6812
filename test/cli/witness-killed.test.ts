import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { until } from '../support/puffboot.ts';
import { withRig } from '../support/rig.ts';

interface Row {
  readonly token: string;
  readonly witnesses: string;
}

it('keeps what boot HTTP saw for the next operate, where one is killed before it has stored it', () =>
  withRig(
    0,
    async (rig) => {
      const database = new Database(join(rig.stage.directory, 'state/puffboot.sqlite'));
      const row = () => database.prepare<[], Row>('select token, witnesses from installs').get();
      const isDone = () => JSON.parse(row()?.witnesses ?? '{}').installDone !== null;
      try {
        await rig.add('web1');
        await rig.install('web1');
        // Its site's script asks a question now, so that nothing else is to be stored.
        await until(async () => (await rig.show('web1')).install?.question);
        expect(isDone()).toBe(false);
        database.exec('begin immediate');
        const url = `http://127.77.0.1:${await rig.httpPort()}/install-done/${row()?.token}`;
        expect((await fetch(url)).ok).toBe(true);
        // It was heard, and waits for the database.
        await until(async () => (await rig.events('install.store')).length > 0);
        process.kill(await rig.childPid('operate'), 'SIGKILL');
        await until(async () => (await rig.events('child.died')).length > 0);
        database.exec('rollback');
        await until(async () => isDone());
        expect(await rig.stateOf('web1')).toBe('installing');
      } finally {
        database.close();
      }
    },
    { faults: ['site-asks'] },
  ));
