import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePacket, encodePacket, type Packet } from '../../../netboot/dhcp/packet.ts';
import type { Ipv4, Lladdr } from '../../../src/common/address.ts';
import { type Log, SILENT_LOG } from '../../../src/common/port.ts';
import { fixturePacket } from '../example.ts';
import { LOCAL, LOCAL_CATALOG, LOOPBACK, openUdp, type Running, startRunning, type Udp } from './running.ts';

const QUIET = {
  ...LOCAL,
  name: 'quiet',
  lladdr: '52:54:00:12:34:57' as Lladdr,
  address: '127.0.0.2' as Ipv4,
};
/** Far from the address that the service sends from, so that the system refuses it. */
const NOWHERE = '192.0.2.1' as Ipv4;
const MANY = 300;

let running: Running;
let relay: Udp;
const warnings: string[] = [];
beforeAll(async () => {
  const warn = (event: string, fields: object = {}) => warnings.push(`${event} ${JSON.stringify(fields)}`);
  running = await startRunning({}, { log: { ...SILENT_LOG, warn } satisfies Log });
  await running.netboot.push({ ...LOCAL_CATALOG, clients: [LOCAL, QUIET] });
  relay = await openUdp();
});
afterAll(async () => {
  relay.close();
  await running.close();
});

/** A DISCOVER behind a relay on the port that it sends from. */
function discover(lladdr: Lladdr, relayAddress = LOOPBACK): Uint8Array {
  const decoded = decodePacket(fixturePacket('ipxe-discover.hex'));
  if (!decoded.ok) throw new Error(decoded.reason);
  // Where the client is, is said apart from where its relay is (RFC 3527).
  const relayInfo = Uint8Array.of(19, 0, 5, 4, 127, 0, 0, 9);
  const options = { ...decoded.packet.options, relayInfo };
  return encodePacket({ ...decoded.packet, lladdr, relayAddress, options });
}

async function answer(bytes: Uint8Array): Promise<Packet> {
  relay.send(bytes, running.ports.dhcp);
  const decoded = decodePacket((await relay.receive()).bytes);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet;
}

const toldOf = (name: string) => running.events.filter((event) => event.name === name).length;

describe('a known machine that asks without end', () => {
  it('is answered each time, and told of 60 times a minute', async () => {
    for (let count = 0; count < MANY; count += 1) {
      expect((await answer(discover(LOCAL.lladdr))).yourAddress).toBe(LOCAL.address);
    }
    expect(toldOf('local')).toBe(60);
    expect(warnings).toEqual([expect.stringMatching(/^dhcp.flood .*"name":"local".*more than 60 times/)]);
    await answer(discover(QUIET.lladdr));
    expect(toldOf('quiet')).toBe(1);
  });
});

describe.skipIf(process.platform !== 'linux')('a made-up relay', () => {
  it('that cannot be answered is told of once a minute', async () => {
    warnings.length = 0;
    for (let count = 0; count < MANY; count += 1) {
      relay.send(discover(LOCAL.lladdr, NOWHERE), running.ports.dhcp);
      await answer(discover(LOCAL.lladdr));
    }
    expect(warnings.filter((line) => line.startsWith('dhcp.unsent'))).toEqual([
      expect.stringContaining(`"to":"${NOWHERE}"`),
    ]);
  });
});

describe('the port of clients, where all that we broadcast comes back', () => {
  it('has room for a dozen packets, so that a flood is not answered and then read', async () => {
    const clientPort = createSocket('udp4').bind(0, LOOPBACK);
    await once(clientPort, 'listening');
    const listening = await startRunning({}, { clientPort: [clientPort] });
    expect(clientPort.getRecvBufferSize()).toBeLessThan(32 * 1024);
    await listening.close();
  });
});
