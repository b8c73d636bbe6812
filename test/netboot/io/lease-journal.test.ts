import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  type FileHandle,
  mkdir,
  mkdtemp,
  open as openFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Lease, type LeaseBook, leaseBook } from '../../../netboot/dhcp/lease-book.ts';
import { renderLease } from '../../../netboot/dhcp/lease-line.ts';
import { LEASES_FILE, openLeaseJournal, readLeases } from '../../../netboot/io/lease-journal.ts';
import { type Ipv4, ipv4FromNumber, type Lladdr } from '../../../src/common/address.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { NOON } from '../example.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-leases-'));
  file = join(directory, LEASES_FILE);
});
afterEach(() => rm(directory, { recursive: true }));

const lease = (number: number, state: Lease['state'] = 'leased'): Lease => ({
  address: ipv4FromNumber(0x0a4d0000 + number),
  lladdr: `02:00:00:00:00:${(number % 256).toString(16).padStart(2, '0')}` as Lladdr,
  state,
  until: NOON + number,
});
const open = (book: LeaseBook = leaseBook()) => openLeaseJournal(directory, book, SILENT_LOG);
const reopened = async (): Promise<readonly Lease[]> => {
  const book = leaseBook();
  await (await open(book)).close();
  return [...book.leases()];
};

describe('the journal of leases', () => {
  it('has what was appended when it is opened again, the newest line of an address', async () => {
    const journal = await open();
    await Promise.all([journal.append(lease(1)), journal.append(lease(2)), journal.append(lease(3))]);
    await journal.append(lease(2, 'declined'));
    await journal.close();
    expect(await reopened()).toEqual([lease(1), lease(3), lease(2, 'declined')]); // in the order of the lines that count
    expect(await readLeases(directory)).toEqual([lease(1), lease(2, 'declined'), lease(3)]);
  });

  it('is written and synced once for all that wait, before any of them hears of it', async () => {
    const handle = await openFile(directory, 'r');
    const methods = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const seen: string[] = [];
    for (const name of ['write', 'datasync'] as const) {
      const real = methods[name] as (...given: unknown[]) => Promise<unknown>;
      vi.spyOn(methods, name).mockImplementation(async function (this: FileHandle, ...given: unknown[]) {
        const done = await real.apply(this, given);
        seen.push(name);
        return done as never;
      });
    }
    const journal = await open();
    const first = journal.append(lease(0)).then(() => seen.push('told'));
    const rest = Array.from({ length: 50 }, (_, number) =>
      journal.append(lease(number + 1)).then(() => seen.push('told')),
    );
    await Promise.all([first, ...rest]);
    vi.restoreAllMocks();
    await journal.close();
    const once = ['write', 'datasync', 'told'];
    expect(seen).toEqual([...once, ...once, ...Array(49).fill('told')]);
  });

  it.each([1, 10, 30, 58])('loses only a last line that a crash cut off after %d bytes', async (cut) => {
    await writeFile(file, renderLease(lease(1)) + renderLease(lease(2)).slice(0, cut));
    expect(await reopened()).toEqual([lease(1)]);
    const journal = await open();
    await journal.append(lease(3));
    await journal.close();
    expect(await readFile(file, 'latin1')).toBe(renderLease(lease(1)) + renderLease(lease(3)));
  });

  it('keeps nothing of a tail that is longer than what comes after it', async () => {
    await writeFile(file, renderLease(lease(1)) + '\0'.repeat(500));
    const journal = await open();
    await journal.append(lease(3));
    await journal.close();
    expect(await readFile(file, 'latin1')).toBe(renderLease(lease(1)) + renderLease(lease(3)));
  });

  it('has no more than 4096 wait for a slow disk', async () => {
    const journal = await open();
    const asked = Array.from({ length: 5000 }, () => journal.append(lease(1)));
    const done = await Promise.allSettled(asked);
    await journal.close();
    const refused = done.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(5000 - 4096 - 1); // one was on its way already
    expect(refused[0]).toMatchObject({ reason: { message: 'the disk is too slow' } });
  });

  it('passes over lines that are none', async () => {
    await writeFile(file, `${renderLease(lease(1))}\0\0garbage\n\n${renderLease(lease(2))}`);
    expect(await reopened()).toEqual([lease(1), lease(2)]);
  });

  it('is written anew, without what is of no use any more, and goes on', async () => {
    const book = leaseBook();
    const journal = await open(book);
    const give = (given: Lease) => {
      book.apply(given);
      return journal.append(given);
    };
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 1000 }, (_, number) => give(lease(number % 5))));
    }
    await give(lease(7));
    await journal.close();
    expect((await readFile(file, 'latin1')).split('\n').length).toBeLessThan(1010);
    expect(await reopened()).toEqual([0, 1, 2, 3, 4, 7].map((number) => lease(number)));
    expect((await stat(file)).mode & 0o777).toBe(0o640);
  });

  it('goes on where it was when it cannot be written anew, and leaves nothing beside itself', async () => {
    const book = leaseBook();
    const journal = await open(book);
    const held = join(directory, 'held');
    await rename(file, held);
    await mkdir(file); // no file takes the place of a directory
    await Promise.all(Array.from({ length: 2100 }, () => journal.append(lease(1))));
    await journal.append(lease(2));
    await journal.close();
    expect((await readdir(directory)).sort()).toEqual(['held', LEASES_FILE]);
    expect((await readFile(held, 'latin1')).endsWith(renderLease(lease(1)) + renderLease(lease(2)))).toBe(
      true,
    );
  });

  it('holds no offers when it is written anew', async () => {
    const book = leaseBook();
    const journal = await open(book);
    book.apply(lease(1));
    book.apply(lease(2, 'offered'));
    await Promise.all(Array.from({ length: 2100 }, () => journal.append(lease(1))));
    await journal.close();
    expect(await readFile(file, 'latin1')).toBe(renderLease(lease(1)));
  });

  it('says what is wrong with its directory', async () => {
    await expect(openLeaseJournal(join(directory, 'none'), leaseBook(), SILENT_LOG)).rejects.toMatchObject({
      code: 'LEASES_UNWRITABLE',
    });
  });

  it('reads while it is written, also half a line', async () => {
    await writeFile(file, renderLease(lease(1)));
    await appendFile(file, 'leased 10.');
    expect(await readLeases(directory)).toEqual([lease(1)]);
  });
});

/** Appends until the file may not grow any more, then once more; says what was promised. */
const FILLER = `
  import { leaseBook } from './netboot/dhcp/lease-book.ts';
  import { openLeaseJournal } from './netboot/io/lease-journal.ts';
  import { SILENT_LOG } from './src/common/port.ts';
  const journal = await openLeaseJournal(process.argv[2], leaseBook(), SILENT_LOG);
  const promised = [];
  let failures = 0;
  for (let number = 1; failures < 3; number += 1) {
    const batch = [0, 1, 2].map((last) => '10.77.' + number + '.' + last);
    const lease = (address) => ({ address, lladdr: '02:00:00:00:00:01', state: 'leased', until: 0 });
    const done = await Promise.allSettled(batch.map((address) => journal.append(lease(address))));
    batch.forEach((address, index) => done[index].status === 'fulfilled' && promised.push(address));
    if (done.some(({ status }) => status === 'rejected')) failures += 1;
  }
  console.log(JSON.stringify(promised));
`;

describe('on a full disk', () => {
  it('promises nothing that is not written, and writes no half lines', async () => {
    const bundle = join(directory, 'filler.mjs');
    await build({
      stdin: { contents: FILLER, resolveDir: new URL('../../..', import.meta.url).pathname, loader: 'ts' },
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    // A limit on the size of files ends a write in the middle, as a full disk does.
    const child = spawn('sh', ['-c', 'ulimit -f 4; exec "$0" "$@"', process.execPath, bundle, directory]);
    let told = '';
    child.stdout.on('data', (text) => {
      told += String(text);
    });
    await once(child, 'close');
    const promised = JSON.parse(told) as Ipv4[];
    expect(promised.length).toBeGreaterThan(10);
    const text = await readFile(file, 'latin1');
    expect(text.endsWith('\n')).toBe(true);
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[1]),
    ).toEqual(promised);
  });
});
