import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { Ipv4, Lladdr } from '../../common/address.ts';
import {
  type ClientMessage,
  type DhcpClient,
  decodeServerMessage,
  encodeClientMessage,
  type Lease,
} from '../dhcp-client.ts';
import { type SimulationOptions, waitScale } from '../options.ts';

const GIVE_UP_SECONDS = 30;

/**
 * DHCP through a simulated relay: DISCOVER, REQUEST, each repeated after 1, 2, 4 ... s.
 * @returns null when there was no lease in 30 s (fewer at a fast pace)
 */
export async function acquireLease(
  options: SimulationOptions,
  lladdr: Lladdr,
  client: DhcpClient,
): Promise<Lease | null> {
  const socket = await bindRelay(options.relayAddress);
  try {
    return await exchange(socket, options, lladdr, client);
  } finally {
    socket.close();
  }
}

/** Where the system has only 127.0.0.1, the relay is there. */
async function bindRelay(address: string): Promise<Socket> {
  try {
    return await bind(address);
  } catch {
    return bind('127.0.0.1');
  }
}

function bind(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(0, address, () => {
      socket.removeAllListeners('error');
      // A closed port answers with ICMP; the timer decides when it is too late.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

type Outgoing = Pick<ClientMessage, 'kind' | 'offer'>;

function exchange(
  socket: Socket,
  options: SimulationOptions,
  lladdr: Lladdr,
  client: DhcpClient,
): Promise<Lease | null> {
  const second = 1000 * waitScale(options);
  const relayAddress = socket.address().address as Ipv4;
  const xid = randomBytes(4).readUInt32BE();
  const started = Date.now();
  let message: Outgoing = { kind: 'discover' };
  let interval = second;
  let repeat: NodeJS.Timeout | undefined;

  const send = (): void => {
    const secs = Math.min(65_535, Math.floor((Date.now() - started) / second));
    const bytes = encodeClientMessage({
      ...message,
      ...{ xid, secs, lladdr, relayAddress, options: client.options(lladdr) },
    });
    socket.send(bytes, options.dhcpPort, options.server);
    repeat = setTimeout(send, interval);
    interval *= 2;
  };
  const say = (next: Outgoing, afterSeconds = 0): void => {
    clearTimeout(repeat);
    message = next;
    interval = second;
    if (afterSeconds === 0) send();
    else repeat = setTimeout(send, afterSeconds * 1000 * options.pace);
  };
  return new Promise((resolve) => {
    const finish = (lease: Lease | null): void => {
      clearTimeout(repeat);
      clearTimeout(deadline);
      resolve(lease);
    };
    const deadline = setTimeout(() => finish(null), GIVE_UP_SECONDS * second);
    socket.on('message', (bytes) => {
      const reply = decodeServerMessage(bytes);
      if (reply === null || reply.xid !== xid || reply.lladdr !== lladdr) return;
      const { serverId, address } = reply.lease;
      if (message.kind === 'discover' && reply.kind === 'offer' && serverId !== null) {
        say({ kind: 'request', offer: { address, serverId } }, client.patience(reply));
      } else if (message.kind === 'request' && reply.kind === 'ack') finish(reply.lease);
      else if (message.kind === 'request' && reply.kind === 'nak') say({ kind: 'discover' });
    });
    send();
  });
}
