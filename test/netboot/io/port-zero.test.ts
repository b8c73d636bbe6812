import type { Socket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BootEvent } from '../../../netboot/catalog.ts';
import { decodePacket, encodePacket } from '../../../netboot/dhcp/packet.ts';
import { type BoundSockets, bindSockets } from '../../../netboot/io/bind.ts';
import { type RunningNetboot, startNetboot } from '../../../netboot/io/service.ts';
import { encodeTftp } from '../../../netboot/tftp/packet.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { fixturePacket } from '../example.ts';
import { LOCAL_CATALOG, LOOPBACK, mkdirFor, openUdp } from './running.ts';

let directory: string;
let sockets: BoundSockets;
let netboot: RunningNetboot;
const events: BootEvent[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-port-zero-'));
  await writeFile(await mkdirFor(join(directory, 'pub/OpenBSD/7.6/amd64/bsd.rd')), 'ramdisk');
  const none = { dhcpPort: 0, tftpPort: 0, httpPort: 0, broadcast: false };
  sockets = await bindSockets({ addresses: [LOOPBACK], ...none });
  netboot = startNetboot({ ...sockets, setsDirectory: directory, clock: SYSTEM_CLOCK, log: SILENT_LOG });
  netboot.onEvent((event) => events.push(event));
  await netboot.push(LOCAL_CATALOG);
});
afterAll(async () => {
  await netboot.close();
  await rm(directory, { recursive: true });
});

const tftp = (kind: 'rrq' | 'wrq', file: string) =>
  encodeTftp({ kind, file, mode: 'octet', options: new Map() });

/** Of a relay that wants its answers on the port that it sends from (RFC 8357). */
function relayed(): Uint8Array {
  const rom = decodePacket(fixturePacket('ipxe-discover.hex'));
  if (!rom.ok) throw new Error(rom.reason);
  const options = { ...rom.packet.options, relayInfo: Uint8Array.of(19, 0) };
  return encodePacket({ ...rom.packet, hops: 1, relayAddress: LOOPBACK, options });
}

// No program can send from there, so it is told of as the system would tell of a forged packet.
it.each<[string, () => Socket | undefined, () => Uint8Array]>([
  ['TFTP: a file', () => sockets.tftp[0], () => tftp('rrq', '/bsd.rd')],
  ['TFTP: no such name', () => sockets.tftp[0], () => tftp('rrq', '/nothing')],
  ['TFTP: a write', () => sockets.tftp[0], () => tftp('wrq', '/bsd.rd')],
  ['TFTP: half a request', () => sockets.tftp[0], () => Uint8Array.of(0, 1)],
  ['DHCP: a relay', () => sockets.dhcp[0], relayed],
])('a packet from port 0 is dropped: %s', async (_, socket, packet) => {
  const bytes = Buffer.from(packet());
  socket()?.emit('message', bytes, { address: LOOPBACK, family: 'IPv4', port: 0, size: bytes.length });
  // Who comes after it is served, and nothing was told of it by then.
  const loader = await openUdp();
  loader.send(tftp('rrq', '/bsd.rd'), sockets.tftp[0]?.address().port ?? 0);
  const first = await loader.receive();
  expect(Buffer.from(first.bytes).toString('latin1')).toBe('\0\x03\0\x01ramdisk');
  loader.send(encodeTftp({ kind: 'ack', block: 1 }), first.port);
  loader.close();
  expect(events.filter((event) => event.kind !== 'tftp' || event.outcome !== 'sent')).toEqual([]);
});
