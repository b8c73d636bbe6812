import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BootEvent, Catalog, CatalogSubnet } from '../../../netboot/catalog.ts';
import { leaseBook } from '../../../netboot/dhcp/lease-book.ts';
import { decodePacket, encodePacket, type Packet } from '../../../netboot/dhcp/packet.ts';
import { bindSockets } from '../../../netboot/io/bind.ts';
import { type LeaseJournal, openLeaseJournal } from '../../../netboot/io/lease-journal.ts';
import { startNetboot } from '../../../netboot/io/service.ts';
import type { Ipv4, Lladdr } from '../../../src/common/address.ts';
import { type Log, SILENT_LOG } from '../../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { fixturePacket } from '../example.ts';
import { LOCAL_CATALOG, LOOPBACK, openUdp, portsOf } from './running.ts';

const POOL = { first: '127.0.0.100' as Ipv4, last: '127.0.0.101' as Ipv4 };
const CATALOG: Catalog = {
  clients: [],
  subnets: [{ ...(LOCAL_CATALOG.subnets[0] as CatalogSubnet), pool: POOL }],
};
const mac = (number: number) => `02:00:00:00:00:0${number}` as Lladdr;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-pool-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** The service with a pool, asked through a relay on the port that the relay sends from. */
async function start(breaks = false) {
  const ports = { dhcpPort: 0, tftpPort: 0, httpPort: 0 };
  const sockets = await bindSockets({ addresses: [LOOPBACK], broadcast: false, ...ports });
  const book = leaseBook();
  const kept = await openLeaseJournal(directory, book, SILENT_LOG);
  const journal: LeaseJournal = breaks
    ? { append: () => Promise.reject(new Error('ENOSPC')), close: () => kept.close() }
    : kept;
  const warnings: string[] = [];
  const log: Log = { ...SILENT_LOG, warn: (event) => warnings.push(event) };
  const parts = { ...sockets, setsDirectory: '/nonexistent', clock: SYSTEM_CLOCK, log };
  const netboot = startNetboot({ ...parts, leases: { book, journal } });
  await netboot.push(CATALOG);
  const events: BootEvent[] = [];
  netboot.onEvent((event) => events.push(event));
  const relay = await openUdp();
  const send = (lladdr: Lladdr, options: Packet['options']) => {
    const decoded = decodePacket(fixturePacket('dhcpleased-discover.hex'));
    if (!decoded.ok) throw new Error(decoded.reason);
    const packet: Packet = {
      ...decoded.packet,
      lladdr,
      relayAddress: LOOPBACK,
      options: { ...options, relayInfo: Uint8Array.of(19, 0) },
    };
    relay.send(encodePacket(packet), portsOf(sockets).dhcp);
  };
  const receive = async () => {
    const decoded = decodePacket((await relay.receive()).bytes);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.packet;
  };
  const lease = async (lladdr: Lladdr) => {
    send(lladdr, { messageType: 'discover' });
    const { yourAddress } = await receive();
    send(lladdr, { messageType: 'request', serverId: LOOPBACK, requestedAddress: yourAddress });
    return receive();
  };
  const close = async () => {
    relay.close();
    await netboot.close();
  };
  return { send, receive, lease, events, warnings, close };
}

describe('a pool', () => {
  it('has a lease on disk before the client hears of it, and knows it after a restart', async () => {
    const first = await start();
    const ack = await first.lease(mac(1));
    expect(ack.options.messageType).toBe('ack');
    expect(await readFile(join(directory, 'leases'), 'latin1')).toMatch(
      /^leased 127.0.0.100 02:00:00:00:00:01 /,
    );
    await first.close();
    const second = await start();
    expect((await second.lease(mac(2))).yourAddress).toBe('127.0.0.101');
    second.send(mac(1), { messageType: 'request', requestedAddress: POOL.first });
    expect((await second.receive()).options.messageType).toBe('ack');
    await second.close();
  });

  it('confirms nothing that cannot be written, and says why', async () => {
    const server = await start(true);
    server.send(mac(1), { messageType: 'discover' });
    const offer = await server.receive();
    server.send(mac(1), { messageType: 'request', serverId: LOOPBACK, requestedAddress: offer.yourAddress });
    server.send(mac(2), { messageType: 'discover' });
    // Packets of one socket are answered in their order: this would be the ACK of the one before.
    expect((await server.receive()).options.messageType).toBe('offer');
    expect(server.warnings).toEqual(['dhcp.journal']);
    expect(server.events.filter((event) => 'reply' in event && event.reply === 'ack')).toEqual([]);
    await server.close();
  });

  it('that is used up is told of once', async () => {
    const server = await start();
    await server.lease(mac(1));
    await server.lease(mac(2));
    for (const number of [3, 4, 5]) server.send(mac(number), { messageType: 'discover' });
    server.send(mac(1), { messageType: 'discover' });
    expect((await server.receive()).lladdr).toBe(mac(1));
    expect(server.warnings).toEqual(['dhcp.pool']);
    await server.close();
  });
});
