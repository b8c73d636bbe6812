import type { Socket } from 'node:dgram';
import type { Ipv4 } from '../../src/common/address.ts';
import { messageOf } from '../../src/common/error.ts';
import type { Clock, Log, LogFields } from '../../src/common/port.ts';
import type { BootEvent } from '../catalog.ts';
import {
  type Arrival,
  type Decision,
  decide,
  decideBootServer,
  PEER_PORTS,
  type PeerPorts,
  type Reply,
} from '../dhcp/decide.ts';
import type { Lease, LeaseBook } from '../dhcp/lease-book.ts';
import { otherServer } from '../dhcp/other-server.ts';
import { decodePacket, type Packet } from '../dhcp/packet.ts';
import { encodeWithin } from '../dhcp/shorten.ts';
import { floodGate } from '../flood-gate.ts';
import type { Lookup } from '../lookup.ts';
import type { LeaseJournal } from './lease-journal.ts';
import { enlargeReceiveBuffer, reduceReceiveBuffer } from './receive-buffer.ts';

export interface DhcpParts {
  /** Bound already: one for each boot address, and one on 0.0.0.0 where broadcasts are wanted. */
  readonly sockets: readonly Socket[];
  /** On the port of PXE's boot servers, one for each boot address. */
  readonly bootServer?: readonly Socket[];
  /** On the port of clients, where the broadcasts of other servers are heard. Nothing is sent from it. */
  readonly clientPort?: readonly Socket[];
  readonly lookup: () => Lookup;
  readonly report: (event: BootEvent) => void;
  /** Told the architecture that a client's ROM gives, under the address it gets. */
  readonly onArchitecture: (address: Ipv4, arch: number) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports?: PeerPorts;
  /** Of the pools; without it machines that the inventory does not know get no address. */
  readonly leases?: { readonly book: LeaseBook; readonly journal: LeaseJournal };
}

/** A server that does not belong there answers every machine: it is told of once in so many milliseconds. */
const OTHER_SERVER_MS = 3_600_000;

/** Answers until the sockets are closed, which is their opener's to do. */
export function serveDhcp(parts: DhcpParts): void {
  const { sockets, bootServer = [], clientPort = [], lookup, clock, log, leases, ports = PEER_PORTS } = parts;
  const [urgent, unsent] = [floodGate(), floodGate()];
  const others = floodGate(OTHER_SERVER_MS);
  const warn = (event: string, reason: string) => {
    if (urgent.admits(`${event} ${reason}`, clock.now())) log.warn(event, { reason });
  };
  /** Whoever makes up a relay makes up where it is, so each place is told of once a minute. */
  const complain: Complain = (level, event, fields) => {
    if (unsent.admits(`${event} ${fields.to}`, clock.now())) log[level](event, fields);
  };
  const listenForOthers = (packet: Packet) => {
    const other = otherServer(packet, lookup());
    if (other === null || !others.admits(`${other.sign} ${other.server}`, clock.now())) return;
    log.warn('dhcp.other-server', { reason: other.warning });
  };
  /** @returns a promise only where the disk has to be waited for */
  const note = (lease: Lease | null): Promise<void> | null => {
    if (lease === null || leases === undefined) return null;
    leases.book.apply(lease);
    return lease.state === 'offered' ? null : leases.journal.append(lease);
  };
  const carryOut = (packet: Packet, decision: Decision, answering: ReadonlyMap<string, Socket>) => {
    const arch = packet.options.clientArch?.[0];
    if (decision.reply !== null && decision.client !== null && arch !== undefined) {
      parts.onArchitecture(decision.client.address, arch);
    }
    if (decision.urgent)
      warn(decision.message === 'decline' ? 'dhcp.declined' : 'dhcp.pool', decision.reason ?? '');
    const tell = (told: Decision) => {
      const event = eventOf(packet, told, clock.now());
      if (event !== null) parts.report(event);
      if (told.reply !== null) send(answering, told.reply, complain);
    };
    const noted = note(decision.lease);
    if (noted === null) return tell(decision);
    noted.then(
      () => tell(decision),
      (error) => {
        const reason = `the lease cannot be written: ${messageOf(error)}`;
        warn('dhcp.journal', reason);
        tell({ ...decision, reply: null, reason });
      },
    );
  };
  const listen = (socket: Socket, take: (packet: Packet, arrival: Arrival) => void) => {
    socket.on('error', (error) => log.warn('dhcp.socket', { error: messageOf(error) }));
    socket.on('message', (bytes, from) => {
      const drop = (reason: string) => log.debug('dhcp.dropped', { from: from.address, reason });
      // Only a forger sends from there; Node throws where an answer is to go there, as a relay may want it (RFC 8357).
      if (from.port === 0) return drop('comes from port 0');
      const decoded = decodePacket(bytes);
      if (decoded.ok) take(decoded.packet, { address: from.address as Ipv4, port: from.port });
      else drop(decoded.reason);
    });
  };

  const [servers, bootServers] = [byAddress(sockets), byAddress(bootServer)];
  for (const socket of [...sockets, ...bootServer]) enlargeReceiveBuffer(socket);
  for (const socket of sockets) {
    socket.setBroadcast(true);
    sendBroadcastsFrom(socket);
    listen(socket, (packet, arrival) => {
      const decision = decide(packet, arrival, lookup(), clock.now(), ports, leases?.book);
      if (decision.reply === null) listenForOthers(packet);
      carryOut(packet, decision, servers);
    });
  }
  for (const socket of bootServer) {
    listen(socket, (packet, arrival) =>
      carryOut(packet, decideBootServer(packet, arrival, lookup(), clock.now()), bootServers),
    );
  }
  for (const socket of clientPort) {
    // The system brings each broadcast of our own back to it: in a flood as much work as the flood itself.
    reduceReceiveBuffer(socket);
    listen(socket, (packet) => packet.kind === 'reply' && listenForOthers(packet));
  }
}

const byAddress = (sockets: readonly Socket[]): ReadonlyMap<string, Socket> =>
  new Map(sockets.map((socket) => [socket.address().address, socket]));

/**
 * 255.255.255.255 has no route of its own: Linux sends it through the interface of the address that the socket is
 * bound to, OpenBSD through the interface for multicasts if one is set (ip_output()), else to the default router.
 */
function sendBroadcastsFrom(socket: Socket): void {
  const { address } = socket.address();
  if (address !== '0.0.0.0') socket.setMulticastInterface(address);
}

type Complain = (level: 'warn' | 'error', event: string, fields: LogFields & { readonly to: string }) => void;

function send(sockets: ReadonlyMap<string, Socket>, reply: Reply, complain: Complain): void {
  const { packet, to, also, from, most } = reply;
  const socket = sockets.get(from);
  if (socket === undefined) {
    complain('error', 'dhcp.unbound', { address: from, to: to.address });
    return;
  }
  const bytes = encodeWithin(packet, most);
  socket.send(bytes, to.port, to.address, (error) => {
    if (error) complain('warn', 'dhcp.unsent', { to: to.address, port: to.port, error: messageOf(error) });
  });
  // Of no use, and no harm, where that network is on the link of our address.
  if (also !== null) socket.send(bytes, to.port, also, () => undefined);
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
