import type { RemoteInfo, Socket } from 'node:dgram';
import type { Ipv4 } from '../../src/common/address.ts';
import { messageOf } from '../../src/common/error.ts';
import type { Clock, Log } from '../../src/common/port.ts';
import type { BootEvent } from '../catalog.ts';
import { type Decision, decide, PEER_PORTS, type PeerPorts, type Reply } from '../dhcp/decide.ts';
import type { Lease, LeaseBook } from '../dhcp/lease-book.ts';
import { decodePacket, encodePacket, type Packet } from '../dhcp/packet.ts';
import { floodGate } from '../flood-gate.ts';
import type { Lookup } from '../lookup.ts';
import type { LeaseJournal } from './lease-journal.ts';
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
  /** Of the pools; without it machines that the inventory does not know get no address. */
  readonly leases?: { readonly book: LeaseBook; readonly journal: LeaseJournal };
}

/** Answers until the sockets are closed, which is their opener's to do. */
export function serveDhcp(parts: DhcpParts): void {
  const { sockets, lookup, report, clock, log, leases, ports = PEER_PORTS } = parts;
  const gate = floodGate();
  const warn = (event: string, reason: string) => {
    if (gate.admits(`${event} ${reason}`, clock.now())) log.warn(event, { reason });
  };
  const byAddress = new Map(sockets.map((socket) => [socket.address().address, socket]));

  const receive = (bytes: Uint8Array, from: RemoteInfo) => {
    const decoded = decodePacket(bytes);
    if (!decoded.ok) {
      log.debug('dhcp.dropped', { from: from.address, reason: decoded.reason });
      return;
    }
    const { packet } = decoded;
    const arrival = { address: from.address as Ipv4, port: from.port };
    const decision = decide(packet, arrival, lookup(), clock.now(), ports, leases?.book);
    const arch = packet.options.clientArch?.[0];
    if (decision.reply !== null && decision.client !== null && arch !== undefined) {
      parts.onArchitecture(decision.client.address, arch);
    }
    if (decision.urgent) warn('dhcp.pool', decision.reason ?? '');
    const tell = (told: Decision) => {
      const event = eventOf(packet, told, clock.now());
      if (event !== null) report(event);
      if (told.reply !== null) send(byAddress, told.reply, log);
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
  /** @returns a promise only where the disk has to be waited for */
  const note = (lease: Lease | null): Promise<void> | null => {
    if (lease === null || leases === undefined) return null;
    leases.book.apply(lease);
    return lease.state === 'offered' ? null : leases.journal.append(lease);
  };

  for (const socket of sockets) {
    socket.setBroadcast(true);
    sendBroadcastsFrom(socket);
    enlargeReceiveBuffer(socket);
    socket.on('error', (error) => log.warn('dhcp.socket', { error: messageOf(error) }));
    socket.on('message', receive);
  }
}

/**
 * 255.255.255.255 has no route of its own: Linux sends it through the interface of the address that the socket is
 * bound to, OpenBSD through the interface for multicasts if one is set (ip_output()), else to the default router.
 */
function sendBroadcastsFrom(socket: Socket): void {
  const { address } = socket.address();
  if (address !== '0.0.0.0') socket.setMulticastInterface(address);
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
