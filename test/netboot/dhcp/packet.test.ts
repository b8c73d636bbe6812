import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OptionValues } from '../../../netboot/dhcp/options.ts';
import { decodePacket, encodePacket, NO_ADDRESS, type Packet } from '../../../netboot/dhcp/packet.ts';
import type { Ipv4, Lladdr } from '../../../src/common/address.ts';
import { fixturePacket } from '../example.ts';

const require = createRequire(import.meta.url);
/** The codec of the `dhcp` package: somebody else's reading of the same RFCs. */
const peer: { parse(bytes: Buffer): Record<string, unknown> } = require('dhcp/lib/protocol.js');

const GOLDEN = ['ipxe-discover.hex', 'ipxe-request.hex', 'dhcpleased-discover.hex'];

const EVERYTHING: Packet = {
  kind: 'reply',
  hops: 0,
  xid: 0xfedcba98,
  secs: 512,
  broadcast: true,
  clientAddress: NO_ADDRESS,
  yourAddress: '10.77.0.7' as Ipv4,
  nextServer: '10.77.0.1' as Ipv4,
  relayAddress: '10.77.0.254' as Ipv4,
  lladdr: '52:54:00:12:34:56' as Lladdr,
  serverName: '10.77.0.1',
  bootfile: 'auto_install',
  options: {
    messageType: 'offer',
    serverId: '10.77.0.1' as Ipv4,
    leaseSeconds: 0xffffffff,
    renewalSeconds: 1800,
    rebindingSeconds: 3150,
    subnetMask: '255.255.255.0' as Ipv4,
    routers: ['10.77.0.254' as Ipv4],
    nameServers: ['10.77.0.2' as Ipv4, '10.77.0.3' as Ipv4],
    hostName: 'web',
    domainName: 'example.org',
    broadcastAddress: '10.77.0.255' as Ipv4,
    requestedAddress: '10.77.0.7' as Ipv4,
    requestedOptions: Uint8Array.of(1, 3, 6),
    message: 'no',
    maxMessageSize: 1472,
    vendorClass: 'PXEClient',
    clientId: Uint8Array.of(1, 0x52, 0x54, 0, 0x12, 0x34, 0x56),
    tftpServerName: '10.77.0.1',
    bootfileName: 'auto_install',
    userClass: Uint8Array.of(4, 105, 80, 88, 69),
    clientArch: [0, 7],
    clientNic: Uint8Array.of(1, 2, 1),
    clientUuid: new Uint8Array(17),
    tftpServers: ['10.77.0.1' as Ipv4],
    relayInfo: Uint8Array.of(19, 0),
  },
  others: [{ code: 119, bytes: Uint8Array.of(1, 2, 3) }],
};

/** Values are pieces of the packet, and so plain bytes where it is. */
function decoded(bytes: Uint8Array): Packet {
  const result = decodePacket(Uint8Array.from(bytes));
  if (!result.ok) throw new Error(result.reason);
  return result.packet;
}

/** Header of a request with the given options area, `sname` and `file`. */
function bytesWith(options: readonly number[], sname: readonly number[] = [], file: readonly number[] = []) {
  const bytes = new Uint8Array(240 + options.length);
  bytes.set([1, 1, 6]);
  bytes.set(sname, 44);
  bytes.set(file, 108);
  bytes.set([0x63, 0x82, 0x53, 0x63], 236);
  bytes.set(options, 240);
  return bytes;
}

describe('golden packets', () => {
  it('reads an iPXE ROM', () => {
    const packet = decoded(fixturePacket('ipxe-discover.hex'));
    expect(packet).toMatchObject({
      kind: 'request',
      secs: 4,
      broadcast: false,
      lladdr: '52:54:00:12:34:56',
      options: {
        messageType: 'discover',
        maxMessageSize: 1472,
        clientArch: [0],
        vendorClass: 'PXEClient:Arch:00000:UNDI:002001',
      },
    });
    expect(packet.others.map(({ code }) => code)).toEqual([175]);
  });

  it('reads dhcpleased', () => {
    const { options, others } = decoded(fixturePacket('dhcpleased-discover.hex'));
    expect(Object.keys(options).sort()).toEqual(['clientId', 'messageType', 'requestedOptions']);
    expect(options.requestedOptions).toEqual(Uint8Array.of(1, 3, 6, 12, 15, 28, 119, 121));
    expect(others).toEqual([]);
  });

  it.each(GOLDEN)('%s survives a round trip', (name) => {
    const packet = decoded(fixturePacket(name));
    expect(decoded(encodePacket(packet))).toEqual(packet);
    expect(encodePacket(packet)).toHaveLength(fixturePacket(name).length);
  });

  it.each(GOLDEN)('%s cut at any length is refused, or only lost padding', (name) => {
    const whole = fixturePacket(name);
    const end = whole.lastIndexOf(255) + 1;
    for (let length = 0; length < whole.length; length += 1) {
      const result = decodePacket(whole.subarray(0, length));
      expect(result.ok, `${length} bytes`).toBe(length >= end);
      if (!result.ok) expect(result.reason).not.toBe('');
    }
  });
});

describe('encodePacket', () => {
  it('returns every field and option', () => {
    expect(decoded(encodePacket(EVERYTHING))).toEqual(EVERYTHING);
  });

  it('is read alike by the dhcp package', () => {
    const { userClass, clientArch, clientUuid, tftpServers, relayInfo, ...options } = EVERYTHING.options;
    const read = peer.parse(Buffer.from(encodePacket({ ...EVERYTHING, options })));
    expect(read).toMatchObject({
      op: 2,
      xid: 0xfedcba98,
      flags: 0x8000,
      yiaddr: '10.77.0.7',
      siaddr: '10.77.0.1',
      giaddr: '10.77.0.254',
      chaddr: '52-54-00-12-34-56',
    });
    expect(read.options).toMatchObject({
      53: 2,
      51: 0xffffffff,
      54: '10.77.0.1',
      1: '255.255.255.0',
      12: 'web',
    });
  });

  it('writes relay agent information last and pads to 300 bytes', () => {
    const options = { messageType: 'ack', relayInfo: Uint8Array.of(19, 0) } as const;
    const bytes = encodePacket({ ...EVERYTHING, options, others: [{ code: 200, bytes: Uint8Array.of(9) }] });
    expect([...bytes.subarray(240, 252)]).toEqual([53, 1, 5, 200, 1, 9, 82, 2, 19, 0, 255, 0]);
    expect(bytes).toHaveLength(300);
  });

  it('splits an option of more than 255 bytes and joins it again', () => {
    const clientId = Uint8Array.from({ length: 600 }, (_, index) => index & 255);
    const bytes = encodePacket({ ...EVERYTHING, options: { clientId }, others: [] });
    expect([bytes[240], bytes[241], bytes[497], bytes[498], bytes[754], bytes[755]]).toEqual([
      61, 255, 61, 255, 61, 90,
    ]);
    expect(decoded(bytes).options.clientId).toEqual(clientId);
  });

  it('never overloads, and cuts text that is too long for its field', () => {
    const options: OptionValues = { messageType: 'ack', overload: 3 };
    const packet = decoded(encodePacket({ ...EVERYTHING, options, others: [], bootfile: 'x'.repeat(200) }));
    expect(packet.options).toEqual({ messageType: 'ack' });
    expect(packet.bootfile).toBe('x'.repeat(127));
  });
});

describe('decodePacket', () => {
  const END = 255;
  it.each([
    ['an empty datagram', new Uint8Array(0), /too few/],
    ['no cookie', new Uint8Array(300).fill(1, 0, 2).fill(6, 2, 3), /cookie/],
    ['op 3', bytesWith([END]).fill(3, 0, 1), /op 3/],
    ['token ring', bytesWith([END]).fill(6, 1, 2), /hardware type 6/],
    ['an address of 16 bytes', bytesWith([END]).fill(16, 2, 3), /not Ethernet/],
    ['a length beyond the end', bytesWith([53, 200, 1]), /longer than what is left/],
    ['a code without a length', bytesWith([53]), /longer than what is left/],
    ['no end', bytesWith([53, 1, 1]), /without an end/],
    ['message type 9', bytesWith([53, 1, 9, END]), /option 53 \(messageType\)/],
    ['message type 0', bytesWith([53, 1, 0, END]), /option 53/],
    ['an address of 3 bytes', bytesWith([54, 3, 1, 2, 3, END]), /option 54 \(serverId\)/],
    ['an empty list of routers', bytesWith([3, 0, END]), /option 3/],
    ['an odd architecture', bytesWith([93, 1, 0, END]), /option 93/],
    ['options in file that do not end', bytesWith([52, 1, 1, END], [], Array(128).fill(12)), /bootfile/],
  ])('refuses %s', (_, bytes, reason) => {
    const result = decodePacket(bytes);
    expect(result).toMatchObject({ ok: false });
    if (!result.ok) expect(result.reason).toMatch(reason);
  });

  it('goes on in file, then in sname, and joins the pieces in that order', () => {
    const packet = decoded(bytesWith([52, 1, 3, 12, 1, 97, END], [12, 1, 99, END], [12, 1, 98, END]));
    expect(packet).toMatchObject({ serverName: '', bootfile: '', options: { hostName: 'abc', overload: 3 } });
  });

  it('refuses options in file that overload further', () => {
    expect(decodePacket(bytesWith([52, 1, 1, END], [12, 1, 99, END], [52, 1, 3, END])).ok).toBe(false);
  });

  it('drops a NUL at the end of a text', () => {
    expect(decoded(bytesWith([12, 3, 97, 98, 0, END])).options.hostName).toBe('ab');
  });

  it('never throws, whatever the bytes', () => {
    const seeds = GOLDEN.map(fixturePacket);
    const mutated = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(411), fc.integer({ min: 0, max: 255 })), { maxLength: 24 }),
        fc.nat(412),
      )
      .map(([bytes, changes, length]) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at] = value;
        return copy.subarray(0, length);
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 600 })), (bytes) => {
        const result = decodePacket(bytes);
        if (result.ok) {
          const { overload: _, ...options } = result.packet.options;
          expect(decoded(encodePacket(result.packet))).toEqual({ ...result.packet, options });
        }
      }),
      { numRuns: 5000 },
    );
  });
});
