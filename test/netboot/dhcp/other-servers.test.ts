import { describe, expect, it } from 'vitest';
import type { CatalogSubnet } from '../../../netboot/catalog.ts';
import { decide, decideBootServer } from '../../../netboot/dhcp/decide.ts';
import { installerReading } from '../../../netboot/dhcp/installer-reading.ts';
import { otherServer } from '../../../netboot/dhcp/other-server.ts';
import { decodePacket, NO_ADDRESS, type Packet } from '../../../netboot/dhcp/packet.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import type { Ipv4, Lladdr } from '../../../src/common/address.ts';
import { ARMED, BOOT_ADDRESS, CATALOG, FOREIGN, fixturePacket, MAIL, NOON, WEB } from '../example.ts';

const ip = (text: string) => text as Ipv4;
const OTHER = ip('10.77.0.9');
const ANYWHERE = { address: NO_ADDRESS, port: 68 };
const subnet = CATALOG.subnets[0] as CatalogSubnet;
const proxied = lookupOf({ ...CATALOG, subnets: [{ ...subnet, proxy: true }] });

function golden(name: string): Packet {
  const decoded = decodePacket(fixturePacket(name));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet;
}
const rom = golden('ipxe-discover.hex');
const installer: Packet = { ...golden('dhcpleased-discover.hex'), lladdr: WEB.lladdr };

describe('beside another DHCP server', () => {
  it('a ROM is told what to boot, and given no address', () => {
    const { reply } = decide(rom, ANYWHERE, proxied, NOON);
    expect(reply?.packet).toMatchObject({
      yourAddress: NO_ADDRESS,
      nextServer: BOOT_ADDRESS,
      bootfile: 'auto_install',
    });
    expect(reply?.packet.options).toEqual({
      messageType: 'offer',
      serverId: BOOT_ADDRESS,
      vendorClass: 'PXEClient',
      vendorOptions: Uint8Array.of(6, 1, 8, 255),
      tftpServerName: BOOT_ADDRESS,
      bootfileName: 'auto_install',
      tftpServers: [BOOT_ADDRESS],
      clientId: rom.options.clientId,
      clientArch: rom.options.clientArch,
      clientNic: rom.options.clientNic,
      clientUuid: rom.options.clientUuid,
    });
  });

  const request = (serverId: Ipv4): Packet => ({
    ...rom,
    options: { ...rom.options, messageType: 'request', serverId, requestedAddress: WEB.address },
  });
  it.each<[string, Packet, RegExp]>([
    ['an installer', installer, /no PXE ROM/],
    ['a ROM that is not armed', { ...rom, lladdr: MAIL.lladdr }, /mail is not armed/],
    ['a ROM that nobody knows', { ...rom, lladdr: '02:00:00:00:00:01' as Lladdr }, /unknown lladdr/],
    ['a ROM that takes its address', request(OTHER), /address from another/],
    ['a ROM that takes no address from us', request(BOOT_ADDRESS), /address from another/],
  ])('%s hears nothing', (_, packet, reason) => {
    expect(decide(packet, ANYWHERE, proxied, NOON)).toMatchObject({
      reply: null,
      reason: expect.stringMatching(reason),
    });
  });

  it('a ROM that asks the boot server again is answered where it asks from', () => {
    const packet = { ...request(BOOT_ADDRESS), clientAddress: WEB.address };
    const from = { address: WEB.address, port: 4711 };
    const { reply } = decideBootServer(packet, from, proxied, NOON);
    expect(reply?.to).toEqual(from);
    expect(reply?.packet).toMatchObject({
      clientAddress: WEB.address,
      yourAddress: NO_ADDRESS,
      bootfile: 'auto_install',
      options: { messageType: 'ack', vendorClass: 'PXEClient' },
    });
    expect(reply?.packet.options.leaseSeconds).toBeUndefined();
  });

  it('a ROM that only informs itself at the boot server is answered too', () => {
    const { serverId: _, ...options } = request(BOOT_ADDRESS).options;
    const packet: Packet = {
      ...rom,
      clientAddress: WEB.address,
      options: { ...options, messageType: 'inform' },
    };
    const { reply } = decideBootServer(packet, { address: WEB.address, port: 68 }, proxied, NOON);
    expect(reply?.packet).toMatchObject({ bootfile: 'auto_install', options: { messageType: 'ack' } });
  });

  it('the boot server broadcasts nothing, whatever it is asked', () => {
    const elsewhere = { ...subnet, proxy: true, bootAddress: ip('10.99.0.1') };
    const lookup = lookupOf({ ...CATALOG, subnets: [elsewhere] });
    const { reply } = decideBootServer(request(BOOT_ADDRESS), ANYWHERE, lookup, NOON);
    expect(reply).toMatchObject({ to: ANYWHERE, also: null });
  });

  it.each<[string, Packet, typeof proxied]>([
    ['a discover', rom, proxied],
    ['an installer', installer, proxied],
    ['after the arming', { ...request(BOOT_ADDRESS), lladdr: MAIL.lladdr }, proxied],
    ['where we give the addresses ourselves', request(BOOT_ADDRESS), lookupOf(CATALOG)],
    ['a reply', { ...rom, kind: 'reply' }, proxied],
    [
      'whose address is not ours to tell',
      request(BOOT_ADDRESS),
      lookupOf({ subnets: [{ ...subnet, proxy: true }], clients: [{ ...WEB, dhcp: false }] }),
    ],
  ])('the boot server does not answer %s', (_, packet, lookup) => {
    expect(decideBootServer(packet, ANYWHERE, lookup, NOON).reply).toBeNull();
  });
});

/** An OFFER of another server. */
function offer(change: Partial<Packet>, options: Packet['options'] = {}): Packet {
  const header = { kind: 'reply', nextServer: OTHER, bootfile: 'auto_install', options: {} } as const;
  return { ...rom, ...header, ...change, options: { messageType: 'offer', serverId: OTHER, ...options } };
}

describe('what OpenBSD makes of an answer', () => {
  it.each<[string, Packet, string, string | null, RegExp]>([
    [
      'a whole one',
      offer({}),
      '7.6',
      `${OTHER}//install`,
      /http:\/\/10.77.0.9\/52:54:00:12:34:56-install.conf/,
    ],
    [
      'with a directory',
      offer({ bootfile: 'a/b/auto_upgrade' }),
      '7.6',
      `${OTHER}/a/b//upgrade`,
      /9\/a\/b\/52:54/,
    ],
    ['no file', offer({ bootfile: '' }), '7.6', null, /auto mode", as there is no file name in it: it needs/],
    ['a loader', offer({ bootfile: 'pxeboot' }), '7.6', null, /auto mode", as its file name is "pxeboot"/],
    ['a name that only begins so', offer({ bootfile: 'auto_installer' }), '7.6', null, /auto mode/],
    [
      'the file in option 67',
      offer({ bootfile: '' }, { bootfileName: 'auto_install' }),
      '7.6',
      null,
      /option 67 is not read/,
    ],
    ['no server', offer({ nextServer: NO_ADDRESS }), '7.6', null, /auto server", as siaddr/],
    [
      'the server in option 66',
      offer({ nextServer: NO_ADDRESS }, { tftpServerName: 'x' }),
      'snapshots',
      null,
      /option 66 is not read/,
    ],
    [
      'options 66 and 67 before dhcpleased',
      offer({ nextServer: NO_ADDRESS, bootfile: '' }, { tftpServerName: 'x', bootfileName: 'auto_install' }),
      '6.9',
      'x//install',
      /http:\/\/x\//,
    ],
    [
      'sname before dhcpleased',
      offer({ serverName: 'sname' }, { tftpServerName: 'x' }),
      '6.9',
      'sname//install',
      /sname/,
    ],
  ])('%s', (_, packet, release, location, sentence) => {
    const reading = installerReading(packet, release);
    const { server, directory, mode } = reading.location ?? {};
    expect(reading.location === null ? null : `${server}/${directory}/${mode}`).toBe(location);
    expect(reading.sentence).toMatch(sentence);
  });
});

describe('another server where only we should answer', () => {
  const request: Packet = { ...installer, options: { messageType: 'request', serverId: OTHER } };
  const lookup = lookupOf(CATALOG);
  const pool = { first: ip('10.77.0.100'), last: ip('10.77.0.103') };
  const pooled = lookupOf({ ...CATALOG, subnets: [{ ...subnet, pool }] });
  const stranger = { lladdr: '02:00:00:00:00:01' as Lladdr };
  it.each<[string, Packet, typeof lookup, RegExp | null]>([
    [
      'a client chooses it',
      request,
      lookup,
      /^web takes its address from 10.77.0.9: another DHCP server answers in 10.77/,
    ],
    [
      'its answer is heard',
      offer({ bootfile: '' }),
      lookup,
      /^10.77.0.9, another DHCP server .* OpenBSD 7.6 says/,
    ],
    ['its answer to a machine of a pool', offer(stranger), pooled, /answers 02:00:00:00:00:01/],
    ['its answer to a stranger', offer(stranger), lookup, null],
    ['its answer to its own client', offer({ lladdr: FOREIGN.lladdr }), lookup, null],
    ['it is expected', offer({}), proxied, null],
    ['our own answer', offer({}, { serverId: BOOT_ADDRESS }), lookup, null],
    [
      'its refusal is heard',
      offer({}, { messageType: 'nak' }),
      lookup,
      /^10.77.0.9, another DHCP server .* refuses web its address: with that answer OpenBSD 7.6 gives it up/,
    ],
    ['our own refusal', offer({}, { messageType: 'nak', serverId: BOOT_ADDRESS }), lookup, null],
    ['a message that servers do not send', offer({}, { messageType: 'release' }), lookup, null],
    ['a discover', { ...request, options: { messageType: 'discover', serverId: OTHER } }, lookup, null],
    ['an answer without its server', { ...offer({}), options: { messageType: 'offer' } }, lookup, null],
  ])('%s', (_, packet, catalog, warning) => {
    const heard = otherServer(packet, catalog);
    if (warning === null) expect(heard).toBeNull();
    else expect(heard?.warning).toMatch(warning);
  });

  it('each sign of it is told of by itself', () => {
    const signs = [request, offer({}), offer({}, { messageType: 'nak' })];
    expect(signs.map((packet) => otherServer(packet, lookup)?.sign)).toEqual(['chosen', 'answer', 'refusal']);
  });

  it('reads its answer as the installer of the release that is armed', () => {
    const old = lookupOf({ ...CATALOG, clients: [{ ...WEB, armed: { ...ARMED, release: '6.9' } }] });
    expect(otherServer(offer({}), old)?.warning).toMatch(/OpenBSD 6.9 asks/);
  });
});
