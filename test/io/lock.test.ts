import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockState } from '../../src/io/lock.ts';

const LOCK = new URL('../../dist/src/io/lock.js', import.meta.url).href;
const HOLDER = `const { lockState } = await import(process.argv[1]);
  await lockState(process.argv[2]);
  process.stdout.write('held');
  setInterval(() => undefined, 1000);`;

describe('lockState', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-lock-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** A process that holds the lock until it is killed. */
  async function holder() {
    const argv = ['--input-type=module', '-e', HOLDER, LOCK, directory];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return child;
  }

  it('is for one process, which it names to the next', async () => {
    const child = await holder();
    await expect(lockState(directory)).rejects.toThrowError(
      expect.objectContaining({
        code: 'STATE_LOCKED',
        message: `${directory} is held by process ${child.pid}`,
      }),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await lockState(directory);
    expect(await readFile(join(directory, 'lock.pid'), 'utf8')).toBe(`${process.pid}\n`);
    lock.release();
  });

  it('holds inside one process too, until it is released', async () => {
    const lock = await lockState(directory);
    await expect(lockState(directory)).rejects.toThrowError(
      expect.objectContaining({ code: 'STATE_LOCKED' }),
    );
    lock.release();
    (await lockState(directory)).release();
  });

  it('makes the directory', async () => {
    (await lockState(join(directory, 'a', 'b'))).release();
  });

  it('says that it cannot write', async () => {
    await expect(lockState('/dev/null/state')).rejects.toThrowError(
      expect.objectContaining({ code: 'STATE_UNWRITABLE' }),
    );
  });
});
