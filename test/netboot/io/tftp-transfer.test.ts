import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningTransfer, runTransfer } from '../../../netboot/io/tftp-transfer.ts';
import { encodeTftp } from '../../../netboot/tftp/packet.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { LOOPBACK, openUdp, type Udp } from './running.ts';

/** As Node gives on what the system says of a packet. */
const EMSGSIZE = Object.assign(new Error('recvmsg EMSGSIZE'), { code: 'EMSGSIZE' });

let peer: Udp;
let socket: Socket;
let clock: FakeClock;
let transfer: RunningTransfer;
beforeEach(async () => {
  peer = await openUdp();
  socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  socket.connect(peer.port, LOOPBACK);
  await once(socket, 'connect');
  clock = new FakeClock(0);
  transfer = runTransfer(socket, new Map(), { size: 3, read: () => Buffer.from('abc') }, clock);
});
afterEach(() => {
  transfer.abort('the test is over');
  peer.close();
});

it('sends once more what the system could not send', async () => {
  const first = await peer.receive();
  socket.emit('error', EMSGSIZE);
  clock.advance(1000);
  const second = await peer.receive();
  expect(second).toEqual(first);
  peer.send(encodeTftp({ kind: 'ack', block: 1 }), second.port);
  expect(await transfer.done).toEqual({ outcome: 'sent', bytes: 3, reason: null });
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
