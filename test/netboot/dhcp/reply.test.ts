import { describe, expect, it } from 'vitest';
import { type Arrival, decide } from '../../../netboot/dhcp/decide.ts';
import { decodePacket, encodePacket, NO_ADDRESS, type Packet } from '../../../netboot/dhcp/packet.ts';
import { encodeWithin } from '../../../netboot/dhcp/shorten.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import type { Ipv4 } from '../../../src/common/address.ts';
import { BOOT_ADDRESS, CATALOG, MAIL, NOON } from '../example.ts';
import { ask, DIRECT, EVERYBODY, ipxe, judge, lookup, RELAY } from './asking.ts';

describe('where the reply goes', () => {
  const renewing = { clientAddress: MAIL.address };
  const relayPort = { messageType: 'discover', relayInfo: Uint8Array.of(1, 2, 7, 7, 19, 0) } as const;
  it.each<[string, Packet, Arrival, string, number]>([
    ['a client without an address', ask({ messageType: 'discover' }), DIRECT, EVERYBODY, 68],
    [
      'one that wants broadcasts',
      ask({ messageType: 'discover' }, { broadcast: true }),
      DIRECT,
      EVERYBODY,
      68,
    ],
    [
      'a renewal',
      ask({ messageType: 'request' }, renewing),
      { address: MAIL.address, port: 68 },
      MAIL.address,
      68,
    ],
    [
      'a relay',
      ask({ messageType: 'discover' }, { relayAddress: RELAY }),
      { address: RELAY, port: 67 },
      RELAY,
      67,
    ],
    [
      'a relay that sends from elsewhere',
      ask({ messageType: 'discover' }, { relayAddress: RELAY }),
      { address: RELAY, port: 4711 },
      RELAY,
      67,
    ],
    [
      'a relay with its own port',
      ask(relayPort, { relayAddress: RELAY }),
      { address: RELAY, port: 4711 },
      RELAY,
      4711,
    ],
    [
      'a relay port that carries bytes',
      ask({ ...relayPort, relayInfo: Uint8Array.of(19, 2, 0, 67) }, { relayAddress: RELAY }),
      { address: RELAY, port: 4711 },
      RELAY,
      4711,
    ],
    [
      'a relay port in malformed information',
      ask({ ...relayPort, relayInfo: Uint8Array.of(19, 9) }, { relayAddress: RELAY }),
      { address: RELAY, port: 4711 },
      RELAY,
      67,
    ],
  ])('%s', (_, packet, arrival, address, port) => {
    expect(judge(packet, arrival).reply?.to).toEqual({ address, port });
  });
});

describe('a network that our address is not of', () => {
  const [subnet] = CATALOG.subnets;
  const beyond = lookupOf({
    ...CATALOG,
    subnets: subnet === undefined ? [] : [{ ...subnet, bootAddress: '10.99.0.1' as Ipv4 }],
  });
  const discover = { messageType: 'discover' } as const;
  it.each<[string, Packet, typeof lookup, string | null]>([
    ['is reached by its broadcast address besides', ask(discover), beyond, '10.77.0.255'],
    ['is not, through a relay', ask(discover, { relayAddress: RELAY }), beyond, null],
    ['is not, by unicast', ask({ messageType: 'request' }, { clientAddress: MAIL.address }), beyond, null],
    ['is another one', ask(discover), lookup, null],
  ])('%s', (_, packet, there, also) => {
    expect(decide(packet, DIRECT, there, NOON).reply?.also).toBe(also);
  });
});

describe('details', () => {
  it('has the operator told of a reservation that another machine uses', () => {
    const declined = ask({ messageType: 'decline', requestedAddress: MAIL.address });
    expect(judge(declined)).toMatchObject({ reply: null, urgent: true });
    const ofAnother = { ...declined.options, serverId: '10.77.0.9' as Ipv4 };
    expect(judge(ask(ofAnother)).urgent).toBeUndefined();
  });

  it('informs without a lease', () => {
    const { reply } = judge(ask({ messageType: 'inform' }, { clientAddress: '10.77.0.50' as Ipv4 }));
    expect(reply?.to).toEqual({ address: '10.77.0.50', port: 68 });
    expect(reply?.packet).toMatchObject({ yourAddress: NO_ADDRESS, options: { messageType: 'ack' } });
    expect(reply?.packet.options.leaseSeconds).toBeUndefined();
    expect(reply?.packet.options.routers).toEqual(['10.77.0.254']);
  });

  it('shows its class only to PXE clients', () => {
    const vendorClass = 'MSFT 5.0';
    expect(
      judge(ask({ messageType: 'discover', vendorClass })).reply?.packet.options.vendorClass,
    ).toBeUndefined();
  });

  it.each([
    ['no limit', undefined, 548],
    ['less than anybody may say', 100, 548],
    ['Ethernet', 1500, 1472],
    ['more than Ethernet takes', 65535, 1472],
  ])('stays within the size of a client that says: %s', (_, maxMessageSize, most) => {
    const clientId = Uint8Array.from({ length: 250 }, () => 7);
    const relayInfo = Uint8Array.from({ length: 120 }, () => 0);
    const packet: Packet = {
      ...ipxe,
      options: {
        messageType: 'discover',
        clientId,
        relayInfo,
        ...(maxMessageSize === undefined ? {} : { maxMessageSize }),
      },
    };
    const judged = judge(packet).reply;
    const bytes = encodeWithin(judged?.packet ?? ipxe, judged?.most ?? 0);
    expect(bytes.length).toBeLessThanOrEqual(most);
    const decoded = decodePacket(Uint8Array.from(bytes));
    const reply = decoded.ok ? decoded.packet : ipxe;
    expect(reply.options).toMatchObject({ messageType: 'offer', serverId: BOOT_ADDRESS, relayInfo });
    expect(reply.bootfile).toBe('auto_install');
    expect(reply.options.tftpServers === undefined).toBe(most === 548);
  });

  it('leaves out relay agent information that does not fit (RFC 3046 §2.2)', () => {
    const relayInfo = new Uint8Array(400).fill(7);
    const { packet } =
      judge(ask({ messageType: 'discover', relayInfo }, { relayAddress: RELAY })).reply ?? {};
    const bytes = encodeWithin(packet ?? ipxe, 548);
    expect(bytes.length).toBeLessThanOrEqual(548);
    const decoded = decodePacket(Uint8Array.from(bytes));
    expect(decoded).toMatchObject({ ok: true, packet: { relayAddress: RELAY, yourAddress: MAIL.address } });
    expect(decoded.ok && decoded.packet.options.relayInfo).toBeUndefined();
  });

  it('echoes relay agent information as the last option', () => {
    const relayInfo = Uint8Array.of(1, 1, 65);
    const { packet } =
      judge(ask({ messageType: 'discover', relayInfo }, { relayAddress: RELAY })).reply ?? {};
    const bytes = Buffer.from(encodePacket(packet ?? ipxe));
    const end = bytes.indexOf(Buffer.from([82, 3, 1, 1, 65, 255]));
    expect(end).toBeGreaterThan(240);
    expect(bytes.subarray(end + 6).every((byte) => byte === 0)).toBe(true);
  });
});
