import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { threadsWorthwhile, transferThreads } from '../../../netboot/io/tftp-threads.ts';
import { decodeTftp, encodeTftp } from '../../../netboot/tftp/packet.ts';
import type { Log } from '../../../src/common/port.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { openUdp, type Running, startRunning } from './running.ts';

const THREAD = new URL('../../../dist/src/cli/processes/tftp-thread.js', import.meta.url);
const KERNEL = randomBytes(200_000);
const FILES = { 'pub/OpenBSD/7.6/amd64/bsd.rd': KERNEL };

/** A thread that dies of the work that it is given, but for so many pieces, each of which it says to have done. */
const mortal = (lasts: number): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    let left = ${lasts};
    parentPort.on('message', ({ kind, number }) => {
      if (kind !== 'start') return;
      if (left === 0) throw new Error('out of order');
      left -= 1;
      parentPort.postMessage({ number, ended: { outcome: 'sent', bytes: 0, reason: null } });
    });
  `)}`,
  );

const REQUEST = encodeTftp({ kind: 'rrq', file: '/bsd.rd', mode: 'octet', options: new Map() });

function heard(): { readonly errors: unknown[]; readonly log: Log } {
  const errors: unknown[] = [];
  return { errors, log: { ...SILENT_LOG, error: (event, fields) => errors.push([event, fields]) } };
}

async function fetched({ ports }: Running): Promise<Buffer> {
  const udp = await openUdp();
  const options = new Map([
    ['blksize', '1428'],
    ['windowsize', '8'],
  ]);
  udp.send(encodeTftp({ kind: 'rrq', file: '/bsd.rd', mode: 'octet', options }), ports.tftp);
  const blocks: Uint8Array[] = [];
  for (;;) {
    const { bytes, port } = await udp.receive();
    const decoded = decodeTftp(bytes);
    if (!decoded.ok || decoded.packet.kind === 'error') throw new Error(JSON.stringify(decoded));
    const { packet } = decoded;
    if (packet.kind === 'data' && packet.block === blocks.length + 1) blocks.push(packet.bytes);
    const isLast = packet.kind === 'data' && packet.bytes.length < 1428;
    if (isLast || blocks.length % 8 === 0) udp.send(encodeTftp({ kind: 'ack', block: blocks.length }), port);
    if (!isLast) continue;
    udp.close();
    return Buffer.concat(blocks);
  }
}

describe('transferThreads', () => {
  it('sends one file to many at once, each its own way through it', async () => {
    const threads = transferThreads({ program: THREAD, count: 2, clock: SYSTEM_CLOCK, log: SILENT_LOG });
    const running = await startRunning(FILES, { startTransfer: threads.start });
    const all = await Promise.all(Array.from({ length: 8 }, () => fetched(running)));
    expect(all.every((bytes) => bytes.equals(KERNEL))).toBe(true);
    await running.close();
    await threads.close();
  });

  it('tells of a transfer whose thread died, and starts another thread for the next', async () => {
    const { errors, log } = heard();
    const threads = transferThreads({ program: mortal(1), count: 1, clock: SYSTEM_CLOCK, log });
    const running = await startRunning(FILES, { startTransfer: threads.start });
    const loader = await openUdp();
    const ended = () => running.events.flatMap((event) => (event.kind === 'tftp' ? [event.outcome] : []));
    for (const times of [1, 2, 3, 4]) {
      loader.send(REQUEST, running.ports.tftp);
      await running.event(() => ended().length === times);
    }
    expect(ended()).toEqual(['sent', 'aborted', 'sent', 'aborted']);
    expect(running.events.at(-1)).toMatchObject({ reason: 'the thread of its transfer ended' });
    const death = { error: 'out of order', goesOn: 'with another thread' };
    expect(errors).toEqual([
      ['tftp.thread', death],
      ['tftp.thread', death],
    ]);
    loader.close();
    await running.close();
    await threads.close();
  });

  it.each([
    ['that die of their first work', mortal(0), 'out of order'],
    ['whose program is not there', new URL('not-there.js', import.meta.url), /Cannot find module/],
  ])('goes on without threads %s', async (_, program, error) => {
    const { errors, log } = heard();
    const threads = transferThreads({ program, count: 2, clock: SYSTEM_CLOCK, log });
    const running = await startRunning(FILES, { startTransfer: threads.start });
    const loader = await openUdp();
    loader.send(REQUEST, running.ports.tftp);
    await running.event((event) => event.kind === 'tftp' && event.outcome === 'aborted');
    expect((await fetched(running)).equals(KERNEL)).toBe(true);
    expect(errors).toMatchObject([
      ['tftp.thread', { error: expect.stringMatching(error), goesOn: 'without threads' }],
    ]);
    loader.close();
    await running.close();
    await threads.close();
  });

  it.each([
    [1, 0],
    [2, 2],
    [64, 4],
  ])('with %i processors are %i', (processors, count) => {
    expect(threadsWorthwhile(processors)).toBe(count);
  });
});
