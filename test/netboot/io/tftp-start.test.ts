import { expect, it } from 'vitest';
import { memorySource } from '../../../netboot/io/tftp-source.ts';
import { transfersHere } from '../../../netboot/io/tftp-start.ts';
import { encodeTftp } from '../../../netboot/tftp/packet.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { LOOPBACK, openUdp } from './running.ts';

it('leaves no socket open where the peer cannot be reached', async () => {
  const open = () => process.getActiveResourcesInfo().filter((kind) => /udp/i.test(kind)).length;
  expect(open()).toBe(0);
  const transfer = transfersHere(SYSTEM_CLOCK)({
    // The system connects no socket to everybody.
    peer: { address: '255.255.255.255', port: 2000, family: 'IPv4' },
    localAddress: LOOPBACK,
    options: new Map(),
    source: memorySource(Buffer.alloc(2000, 'x')),
  });
  await expect(transfer.done).rejects.toThrow(/^connect E/);
  await expect.poll(open).toBe(0);
});

it('hears nobody but its peer', async () => {
  const [peer, stranger] = [await openUdp(), await openUdp()];
  const transfer = transfersHere(SYSTEM_CLOCK)({
    peer: { address: LOOPBACK, port: peer.port, family: 'IPv4' },
    localAddress: LOOPBACK,
    options: new Map(),
    source: memorySource(Buffer.alloc(2000, 'x')),
  });
  const { port } = await peer.receive();
  stranger.send(encodeTftp({ kind: 'ack', block: 1 }), port);
  stranger.send(encodeTftp({ kind: 'error', code: 0, message: 'a lie' }), port);
  for (let block = 1; block <= 4; block += 1) {
    peer.send(encodeTftp({ kind: 'ack', block }), port);
    if (block < 4) expect((await peer.receive()).bytes.subarray(2, 4)).toEqual(Uint8Array.of(0, block + 1));
  }
  expect(await transfer.done).toEqual({ outcome: 'sent', bytes: 2000, reason: null });
  for (const socket of [peer, stranger]) socket.close();
});
