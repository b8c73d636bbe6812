import { compareSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { passwordMaker } from '../../src/io/passwords.ts';

const program = (text: string) => new URL(`data:text/javascript,${encodeURIComponent(text)}`);

describe('passwordMaker', () => {
  it('makes a new password for each account, each time, with its hash', async () => {
    const make = passwordMaker();
    const made = (await Promise.all([make(['root', 'puffy']), make(['root'])])).flat();
    expect(made.map(({ account }) => account)).toEqual(['root', 'puffy', 'root']);
    expect(new Set(made.map(({ clear }) => clear)).size).toBe(3);
    for (const { clear, hash } of made) {
      expect(clear).toMatch(/^[A-Za-z2-9]{20}$/);
      expect(hash).toMatch(/^\$2b\$10\$[./A-Za-z0-9]{53}$/);
      expect(compareSync(clear, hash)).toBe(true);
    }
    expect(await make([])).toEqual([]);
  });

  it('tells of a thread that died, and starts another one', async () => {
    const make = passwordMaker(
      program(`import { parentPort } from 'node:worker_threads';
        parentPort.on('message', ({ number, accounts }) => {
          if (accounts[0] === 'die') process.exit(3);
          parentPort.postMessage({ number, passwords: [] });
        });`),
    );
    const both = await Promise.allSettled([make(['die']), make(['root'])]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await make(['root'])).toEqual([]);
  });
});
