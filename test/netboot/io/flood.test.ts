import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BootEvent, CatalogClient } from '../../../netboot/catalog.ts';
import { decodePacket, encodePacket } from '../../../netboot/dhcp/packet.ts';
import { MOST_TOLD } from '../../../netboot/flood-gate.ts';
import { encodeTftp } from '../../../netboot/tftp/packet.ts';
import type { Ipv4, Lladdr } from '../../../src/common/address.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { until } from '../../support/puffboot.ts';
import { fixturePacket } from '../example.ts';
import { LOCAL, LOCAL_CATALOG, LOOPBACK, openUdp, type Running, startRunning } from './running.ts';

const PATIENT: CatalogClient = {
  ...LOCAL,
  name: 'patient',
  lladdr: '52:54:00:12:34:57' as Lladdr,
  address: '127.0.0.2' as Ipv4,
};
const KERNEL_BYTES = 200_000;
const DATA = 3;
/** Of one machine no more is told in a minute. */
const ENOUGH_OF_A_FLOOD = 60;

/** Only Linux has more than one loopback address from the start. */
const ONE_ADDRESS = process.platform !== 'linux';

let running: Running;
beforeAll(async () => {
  running = await startRunning({ 'pub/OpenBSD/7.6/amd64/bsd.rd': new Uint8Array(KERNEL_BYTES) });
  await running.netboot.push({ ...LOCAL_CATALOG, clients: [LOCAL, PATIENT] });
});
afterAll(() => running.close());

/** Sends the same datagram from a thread of its own, without a pause. */
async function flood(bytes: Uint8Array, port: number): Promise<Worker> {
  const worker = new Worker(
    `const { workerData: { bytes, port, host }, parentPort } = require('node:worker_threads');
     const socket = require('node:dgram').createSocket('udp4').bind(0, host);
     const burst = () => {
       for (let count = 0; count < 200; count += 1) socket.send(bytes, port, host);
       setImmediate(burst);
     };
     socket.on('listening', () => { parentPort.postMessage('begins'); burst(); });`,
    { eval: true, workerData: { bytes, port, host: LOOPBACK } },
  );
  await once(worker, 'message');
  return worker;
}

function discover(lladdr: Lladdr): Uint8Array {
  const decoded = decodePacket(fixturePacket('ipxe-discover.hex'));
  if (!decoded.ok) throw new Error(decoded.reason);
  const { packet } = decoded;
  const relayInfo = Uint8Array.of(19, 0);
  return encodePacket({
    ...packet,
    lladdr,
    relayAddress: LOOPBACK,
    options: { ...packet.options, relayInfo },
  });
}
const rrq = encodeTftp({ kind: 'rrq', file: '/bsd.rd', mode: 'octet', options: new Map() });

const OTHER_TRANSFER = encodeTftp({ kind: 'error', code: 5, message: 'unknown transfer' });

/** How much of the flood was seen, not only sent. */
const floods = (kind: BootEvent['kind']) =>
  until(async () => running.events.filter((event) => event.kind === kind).length >= ENOUGH_OF_A_FLOOD);

describe('while one client floods', () => {
  it('another is offered its address', async () => {
    const worker = await flood(discover(LOCAL.lladdr), running.ports.dhcp);
    const patient = await openUdp();
    let offered: string | null = null;
    const reply = patient.receive().then(({ bytes }) => {
      const decoded = decodePacket(bytes);
      offered = decoded.ok ? decoded.packet.yourAddress : decoded.reason;
    });
    await floods('dhcp');
    // As a client does it: a packet that is lost is sent again.
    await until(async () => {
      patient.send(discover(PATIENT.lladdr), running.ports.dhcp);
      return offered !== null;
    });
    await worker.terminate();
    await reply;
    expect(offered).toBe(PATIENT.address);
    patient.close();
  });

  it.skipIf(ONE_ADDRESS)('another gets its kernel by TFTP', async () => {
    const worker = await flood(rrq, running.ports.tftp);
    const patient = await openUdp(0, PATIENT.address);
    const asking = setInterval(() => patient.send(rrq, running.ports.tftp), 200); // the first may be lost
    let [received, answering] = [0, 0];
    for (let block = 1; ; ) {
      const { bytes, port } = await patient.receive();
      clearInterval(asking);
      answering ||= port;
      if (port !== answering) {
        patient.send(OTHER_TRANSFER, port); // of a request that waited for long (RFC 1350 §4)
        continue;
      }
      if (bytes[1] !== DATA) throw new Error(Buffer.from(bytes).toString());
      if ((bytes[2] ?? 0) * 256 + (bytes[3] ?? 0) !== block) continue;
      received += bytes.length - 4;
      patient.send(encodeTftp({ kind: 'ack', block }), port);
      block += 1;
      if (bytes.length < 516) break;
    }
    await worker.terminate();
    expect(received).toBe(KERNEL_BYTES);
    patient.close();
  });

  it.skipIf(ONE_ADDRESS)('another gets its response file', async () => {
    // One that is known, and strangers that have as many addresses as they like.
    const hosts = [LOOPBACK, ...Array.from({ length: 9 }, (_, index) => `127.0.0.${index + 10}`)];
    const greedy = Array.from({ length: 700 }, (_, index) =>
      connect({
        port: running.ports.http,
        host: LOOPBACK,
        localAddress: hosts[index % hosts.length] ?? LOOPBACK,
      }).on('error', () => undefined),
    );
    for (const socket of greedy) socket.write('GET / HTTP/1.1\r\nX-');
    const socket = connect({ port: running.ports.http, host: LOOPBACK, localAddress: PATIENT.address });
    socket.end('GET /install.conf HTTP/1.0\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toContain('System hostname = web');
    for (const each of greedy) each.destroy();
  });

  it('as much of it is told as fits, and that there was more', async () => {
    const warnings: unknown[] = [];
    const warn = (event: string, fields: unknown) => event === 'tftp.flood' && warnings.push(fields);
    const flooded = await startRunning({}, { log: { ...SILENT_LOG, warn } });
    const refused = encodeTftp({ kind: 'rrq', file: '/bsd.rd', mode: 'mail', options: new Map() });
    const worker = await flood(refused, flooded.ports.tftp);
    await until(async () => warnings.length > 0);
    await worker.terminate();
    expect(warnings).toMatchObject([{ name: LOCAL.name, from: LOOPBACK }]);
    expect(flooded.events).toHaveLength(MOST_TOLD);
    await flooded.close();
  });
});
