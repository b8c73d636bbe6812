import type { RemoteInfo, Socket } from 'node:dgram';
import type { Ipv4 } from '../../src/common/address.ts';
import { messageOf } from '../../src/common/error.ts';
import type { Clock, Log } from '../../src/common/port.ts';
import type { BootEvent } from '../catalog.ts';
import { type Decision, decide, PEER_PORTS, type PeerPorts, type Reply } from '../dhcp/decide.ts';
import { decodePacket, encodePacket, type Packet } from '../dhcp/packet.ts';
import type { Lookup } from '../lookup.ts';
import { enlargeReceiveBuffer } from './receive-buffer.ts';

export interface DhcpParts {
  /** Bound already: one for each boot address, and one on 0.0.0.0 where broadcasts are wanted. */
  readonly sockets: readonly Socket[];
  readonly lookup: () => Lookup;
  readonly report: (event: BootEvent) => void;
  /** Told the architecture that a client's ROM gives, under the address it gets. */
  readonly onArchitecture: (address: Ipv4, arch: number) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports?: PeerPorts;
}

/** Answers until the sockets are closed, which is their opener's to do. */
export function serveDhcp(parts: DhcpParts): void {
  const { sockets, lookup, report, clock, log, ports = PEER_PORTS } = parts;
  const byAddress = new Map(sockets.map((socket) => [socket.address().address, socket]));

  const receive = (bytes: Uint8Array, from: RemoteInfo) => {
    const decoded = decodePacket(bytes);
    if (!decoded.ok) {
      log.debug('dhcp.dropped', { from: from.address, reason: decoded.reason });
      return;
    }
    const { packet } = decoded;
    const arrival = { address: from.address as Ipv4, port: from.port };
    const decision = decide(packet, arrival, lookup(), clock.now(), ports);
    const arch = packet.options.clientArch?.[0];
    if (decision.reply !== null && decision.client !== null && arch !== undefined) {
      parts.onArchitecture(decision.client.address, arch);
    }
    const event = eventOf(packet, decision, clock.now());
    if (event !== null) report(event);
    if (decision.reply !== null) send(byAddress, decision.reply, log);
  };

  for (const socket of sockets) {
    socket.setBroadcast(true);
    enlargeReceiveBuffer(socket);
    socket.on('error', (error) => log.warn('dhcp.socket', { error: messageOf(error) }));
    socket.on('message', receive);
  }
}

function send(sockets: ReadonlyMap<string, Socket>, { packet, to, from }: Reply, log: Log): void {
  const socket = sockets.get(from);
  if (socket === undefined) {
    log.error('dhcp.unbound', { address: from, to: to.address, lladdr: packet.lladdr });
    return;
  }
  socket.send(encodePacket(packet), to.port, to.address, (error) => {
    if (error) log.warn('dhcp.unsent', { to: to.address, port: to.port, error: messageOf(error) });
  });
}

/** A packet without a message type is not worth an event. */
function eventOf(packet: Packet, { message, client, reply, reason }: Decision, at: number): BootEvent | null {
  if (message === null) return null;
  return {
    kind: 'dhcp',
    at,
    name: client?.name ?? null,
    from: packet.lladdr,
    message,
    reply: reply?.packet.options.messageType ?? null,
    reason,
  };
}
