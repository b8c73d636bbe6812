import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningTransfer, runTransfer } from '../../../netboot/io/tftp-transfer.ts';
import { decodeTftp, encodeTftp } from '../../../netboot/tftp/packet.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { LOOPBACK, openUdp, type Udp } from './running.ts';

/** As Node gives on what the system says of a packet. */
const EMSGSIZE = Object.assign(new Error('recvmsg EMSGSIZE'), { code: 'EMSGSIZE' });

let peer: Udp;
let socket: Socket;
let clock: FakeClock;
let transfer: RunningTransfer;
let bytes: Buffer;
beforeEach(async () => {
  peer = await openUdp();
  socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  socket.connect(peer.port, LOOPBACK);
  await once(socket, 'connect');
  clock = new FakeClock(0);
  bytes = Buffer.from('abc'.repeat(200));
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  transfer = runTransfer(socket, new Map(), { size: bytes.length, read }, clock);
});
afterEach(() => {
  transfer.abort('the test is over');
  peer.close();
});

const ack = (block: number) => encodeTftp({ kind: 'ack', block });

it('sends once more what the system could not send', async () => {
  const first = await peer.receive();
  socket.emit('error', EMSGSIZE);
  clock.advance(1000);
  const second = await peer.receive();
  expect(second).toEqual(first);
  peer.send(ack(1), second.port);
  expect((await peer.receive()).bytes).toHaveLength(4 + 88);
  peer.send(ack(2), second.port);
  expect(await transfer.done).toEqual({ outcome: 'sent', bytes: 600, reason: null });
});

it('has sent all where the client is heard of again before its last ACK', async () => {
  const { port } = await peer.receive();
  peer.send(ack(1), port);
  await peer.receive();
  transfer.leave();
  expect(await transfer.done).toEqual({ outcome: 'sent', bytes: 600, reason: null });
});

it('gives up at last, and tells what the system said', async () => {
  for (let tries = 0; tries < 11; tries += 1) {
    socket.emit('error', EMSGSIZE);
    clock.advance(8000);
  }
  expect(await transfer.done).toMatchObject({
    outcome: 'aborted',
    reason: 'no answer to 11 tries: recvmsg EMSGSIZE',
  });
});

it('ends in an error where the file became shorter', async () => {
  const { port } = await peer.receive();
  bytes = bytes.subarray(0, 550);
  peer.send(ack(1), port);
  expect(decodeTftp((await peer.receive()).bytes)).toEqual({
    ok: true,
    packet: { kind: 'error', code: 0, message: 'the file became shorter' },
  });
  expect(await transfer.done).toMatchObject({ outcome: 'aborted', bytes: 512 });
});

it('is hushed for five seconds, in which it sends nothing of its own', async () => {
  await peer.receive();
  transfer.hush();
  clock.advance(4999);
  transfer.hush(); // the timer is set anew
  clock.advance(4999);
  const other = await openUdp();
  other.send(Uint8Array.of(7), peer.port);
  expect((await peer.receive()).bytes).toEqual(Uint8Array.of(7));
  other.close();
  clock.advance(1);
  expect(await transfer.done).toMatchObject({ outcome: 'aborted', reason: 'the client asked again' });
});

it('has sent all, where it is hushed behind its last block', async () => {
  const { port } = await peer.receive();
  peer.send(ack(1), port);
  await peer.receive();
  transfer.hush();
  expect(await transfer.done).toMatchObject({ outcome: 'sent' });
});
