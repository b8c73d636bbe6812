import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePacket, encodePacket, type Packet } from '../../../netboot/dhcp/packet.ts';
import { type Ipv4, type Lladdr, parseIpv4 } from '../../../src/common/address.ts';
import { fixturePacket } from '../example.ts';
import { LOCAL, LOOPBACK, openUdp, type Running, startRunning, type Udp } from './running.ts';

let running: Running;
let relay: Udp;
beforeAll(async () => {
  running = await startRunning();
  relay = await openUdp();
});
afterAll(async () => {
  relay.close();
  await running.close();
});

function decoded(bytes: Uint8Array): Packet {
  const result = decodePacket(bytes);
  if (!result.ok) throw new Error(result.reason);
  return result.packet;
}

/** As an iPXE ROM behind a relay that listens on the port it sends from (RFC 8357). */
function relayed(options: Packet['options'], header: Partial<Packet> = {}): Uint8Array {
  const ipxe = decoded(fixturePacket('ipxe-discover.hex'));
  return encodePacket({
    ...ipxe,
    hops: 1,
    relayAddress: LOOPBACK,
    options: { ...ipxe.options, ...options, relayInfo: Uint8Array.of(19, 0) },
    ...header,
  });
}

async function exchange(bytes: Uint8Array): Promise<Packet> {
  relay.send(bytes, running.ports.dhcp);
  return decoded((await relay.receive()).bytes);
}

describe('a relayed ROM', () => {
  it('is offered and acknowledged its address by the boot address', async () => {
    const offer = await exchange(relayed({ messageType: 'discover' }));
    expect(offer).toMatchObject({
      yourAddress: LOCAL.address,
      nextServer: LOOPBACK,
      bootfile: 'auto_install',
      options: { messageType: 'offer', serverId: LOOPBACK, vendorClass: 'PXEClient' },
    });
    const { serverId } = offer.options;
    const ack = await exchange(
      relayed({ messageType: 'request', requestedAddress: offer.yourAddress, ...(serverId && { serverId }) }),
    );
    expect(ack.options.messageType).toBe('ack');
    expect(running.events.slice(0, 2)).toMatchObject([
      { kind: 'dhcp', name: 'local', from: LOCAL.lladdr, message: 'discover', reply: 'offer', reason: null },
      { kind: 'dhcp', name: 'local', message: 'request', reply: 'ack' },
    ]);
  });

  it('is refused another address', async () => {
    const requestedAddress = parseIpv4('127.0.0.9') ?? ('' as Ipv4);
    const nak = await exchange(relayed({ messageType: 'request', requestedAddress }));
    expect(nak.options).toMatchObject({ messageType: 'nak', message: 'requests 127.0.0.9, has 127.0.0.1' });
  });
});

describe('everybody else', () => {
  it('is told of once, and gets nothing', async () => {
    const lladdr = '02:00:00:00:00:01' as Lladdr;
    for (let count = 0; count < 5; count += 1) {
      relay.send(relayed({ messageType: 'discover' }, { lladdr }), running.ports.dhcp);
    }
    // Packets of one socket are answered in their order, so the next reply is not to the stranger.
    expect((await exchange(relayed({ messageType: 'discover' }))).lladdr).toBe(LOCAL.lladdr);
    const told = running.events.filter(({ from }) => from === lladdr);
    expect(told).toMatchObject([{ name: null, reply: null, reason: 'is an unknown lladdr' }]);
  });

  it('cannot stop the service with any packet', async () => {
    const whole = relayed({ messageType: 'discover' });
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 12,
    });
    // An answer to a mutated packet would be taken for the one below: it goes to its own socket.
    const hostile = await openUdp();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(changes, fc.nat(whole.length)), { maxLength: 64 }),
        async (packets) => {
          for (const [changed, length] of packets) {
            const bytes = Uint8Array.from(whole);
            for (const [at, value] of changed) bytes[at] = value;
            hostile.send(bytes.subarray(0, length), running.ports.dhcp);
          }
          expect((await exchange(whole)).options.messageType).toBe('offer');
        },
      ),
      { numRuns: 100 },
    );
    hostile.close();
  });
});
