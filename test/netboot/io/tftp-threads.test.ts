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

/** A thread that does as it should until it is given work. */
const MORTAL = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', () => { throw new Error('out of order'); });
  `)}`,
);

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
    const errors: unknown[] = [];
    const log: Log = { ...SILENT_LOG, error: (event, fields) => errors.push([event, fields?.error]) };
    const threads = transferThreads({ program: MORTAL, count: 1, clock: SYSTEM_CLOCK, log });
    const running = await startRunning(FILES, { startTransfer: threads.start });
    const loader = await openUdp();
    const died = () => running.events.filter((event) => event.kind === 'tftp' && event.outcome === 'aborted');
    for (const times of [1, 2]) {
      const request = encodeTftp({ kind: 'rrq', file: '/bsd.rd', mode: 'octet', options: new Map() });
      loader.send(request, running.ports.tftp);
      await running.event(() => died().length === times);
    }
    expect(died()[1]).toMatchObject({ name: 'local', bytes: 0, reason: 'the thread of its transfer ended' });
    expect(errors).toEqual([
      ['tftp.thread', 'out of order'],
      ['tftp.thread', 'out of order'],
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
