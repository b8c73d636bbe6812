import { describe, expect, it } from 'vitest';
import { decide } from '../../../netboot/dhcp/decide.ts';
import { NO_ADDRESS, type Packet } from '../../../netboot/dhcp/packet.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import type { Ipv4, Lladdr } from '../../../src/common/address.ts';
import { ARMED, BOOT_ADDRESS, CATALOG, FOREIGN, HOMELESS, MAIL, NOON, WEB } from '../example.ts';
import { ask, DIRECT, EVERYBODY, golden, ipxe, ipxeRequest, judge, RELAY } from './asking.ts';

describe('an armed PXE ROM', () => {
  const { reply } = judge(ipxe);

  it('gets everything that any client looks for', () => {
    expect(reply?.packet).toMatchObject({
      kind: 'reply',
      xid: ipxe.xid,
      lladdr: WEB.lladdr,
      clientAddress: NO_ADDRESS,
      yourAddress: WEB.address,
      nextServer: BOOT_ADDRESS,
      serverName: BOOT_ADDRESS,
      bootfile: 'auto_install',
    });
    expect(reply?.packet.options).toEqual({
      messageType: 'offer',
      serverId: BOOT_ADDRESS,
      leaseSeconds: 3600,
      renewalSeconds: 1800,
      rebindingSeconds: 3150,
      subnetMask: '255.255.255.0',
      broadcastAddress: '10.77.0.255',
      routers: ['10.77.0.254'],
      nameServers: ['10.77.0.2', '10.77.0.3'],
      hostName: 'web',
      domainName: 'example.org',
      tftpServerName: BOOT_ADDRESS,
      bootfileName: 'auto_install',
      tftpServers: [BOOT_ADDRESS],
      vendorClass: 'PXEClient',
      vendorOptions: Uint8Array.of(6, 1, 8, 255),
      clientId: ipxe.options.clientId,
      clientArch: [0],
      clientNic: Uint8Array.of(1, 2, 1),
      clientUuid: ipxe.options.clientUuid,
    });
    expect(reply?.to).toEqual({ address: EVERYBODY, port: 68 });
    expect(reply?.from).toBe(BOOT_ADDRESS);
  });

  it('is answered where UEFI hears it, and told not to look for a boot server', () => {
    const answer = judge(golden('uefi-discover.hex')).reply;
    expect(answer?.to).toEqual({ address: EVERYBODY, port: 68 });
    expect(answer?.packet).toMatchObject({ broadcast: true, bootfile: 'auto_install' });
    expect(answer?.packet.options).toMatchObject({
      vendorClass: 'PXEClient',
      vendorOptions: Uint8Array.of(6, 1, 8, 255),
    });
  });

  it('is acknowledged what it requests', () => {
    const { packet } = judge(ipxeRequest).reply ?? {};
    expect(packet).toMatchObject({ yourAddress: WEB.address, options: { messageType: 'ack' } });
  });

  it.each([
    ['a moment before the end', ARMED.until - 1, 'auto_install'],
    ['at its end', ARMED.until, ''],
  ])('gets its boot file %s: %s', (_, now, bootfile) => {
    const packet = judge(ipxe, DIRECT, now).reply?.packet;
    expect(packet?.bootfile).toBe(bootfile);
    expect(packet?.options.bootfileName).toBe(bootfile === '' ? undefined : bootfile);
    expect(packet?.serverName).toBe(BOOT_ADDRESS);
  });

  it('is told to boot locally, by a menu of one entry that waits for nobody, when it is not armed', () => {
    const options = judge(ipxe, DIRECT, ARMED.until).reply?.packet.options;
    expect(options?.vendorClass).toBe('PXEClient');
    const text = [...Buffer.from('Local boot')];
    expect([...(options?.vendorOptions ?? [])]).toEqual([
      ...[6, 1, 8], // nobody is to be looked for
      ...[9, 13, 0, 0, 10, ...text], // the menu: type 0
      ...[10, 11, 0, ...text], // the prompt: no second
      255,
    ]);
  });

  it('is offered auto_upgrade when armed for an upgrade', () => {
    const upgrade = { ...WEB, armed: { ...ARMED, mode: 'upgrade' as const } };
    const other = lookupOf({ ...CATALOG, clients: [upgrade] });
    expect(decide(ipxe, DIRECT, other, NOON).reply?.packet.bootfile).toBe('auto_upgrade');
  });
});

describe('what a request is answered with', () => {
  const request = (options: Packet['options'], header: Partial<Packet> = {}) =>
    ask({ messageType: 'request', ...options }, header);
  const away = '10.77.0.99' as Ipv4;
  it.each<[string, Packet, 'ack' | 'nak' | null, RegExp | null]>([
    ['selecting us', request({ serverId: BOOT_ADDRESS, requestedAddress: MAIL.address }), 'ack', null],
    ['selecting another', request({ serverId: away, requestedAddress: MAIL.address }), null, /chose server/],
    [
      'selecting nobody',
      request({ serverId: NO_ADDRESS, requestedAddress: MAIL.address }),
      null,
      /chose server/,
    ],
    [
      'selecting a wrong address',
      request({ serverId: BOOT_ADDRESS, requestedAddress: away }),
      'nak',
      /requests 10.77.0.99, has/,
    ],
    ['rebooting', request({ requestedAddress: MAIL.address }), 'ack', null],
    ['rebooting elsewhere', request({ requestedAddress: '192.0.2.9' as Ipv4 }), 'nak', /192.0.2.9/],
    ['renewing', request({}, { clientAddress: MAIL.address }), 'ack', null],
    ['renewing a wrong address', request({}, { clientAddress: away }), 'nak', /has 10.77.0.8/],
    ['asking for nothing', request({}), null, /no address/],
    [
      'through a relay of another network',
      request({ requestedAddress: MAIL.address }, { relayAddress: '192.0.2.254' as Ipv4 }),
      'nak',
      /outside/,
    ],
  ])('%s', (_, packet, message, reason) => {
    const decision = judge(packet);
    expect(decision.reply?.packet.options.messageType ?? null).toBe(message);
    if (reason === null) expect(decision.reason).toBeNull();
    else expect(decision.reason).toMatch(reason);
  });

  it('tells a client to forget its address where it can hear that', () => {
    const { reply } = judge(request({}, { clientAddress: away }));
    expect(reply?.to).toEqual({ address: EVERYBODY, port: 68 });
    expect(reply?.packet).toMatchObject({
      clientAddress: NO_ADDRESS,
      yourAddress: NO_ADDRESS,
      nextServer: NO_ADDRESS,
      bootfile: '',
      options: { messageType: 'nak', serverId: BOOT_ADDRESS },
    });
    expect(reply?.packet.options.leaseSeconds).toBeUndefined();
  });

  it('has a relay broadcast the NAK', () => {
    const { reply } = judge(request({ requestedAddress: away }, { relayAddress: RELAY }));
    expect(reply).toMatchObject({
      packet: { broadcast: true, relayAddress: RELAY },
      to: { address: RELAY, port: 67 },
    });
  });

  it('tells a ROM that it refuses who was asked and by whom, and nothing to do', () => {
    const relayInfo = Uint8Array.of(1, 1, 65);
    const { clientArch, clientId, clientNic, clientUuid } = ipxe.options;
    const options = { ...ipxeRequest.options, requestedAddress: away, relayInfo };
    const { reply } = judge({ ...ipxeRequest, relayAddress: RELAY, options });
    expect(reply?.packet.options).toEqual({
      messageType: 'nak',
      serverId: BOOT_ADDRESS,
      message: 'requests 10.77.0.99, has 10.77.0.7',
      vendorClass: 'PXEClient',
      ...{ clientArch, clientId, clientNic, clientUuid, relayInfo },
    });
  });

  it('offers to a client with an address without repeating it (RFC 2131 table 3)', () => {
    const { reply } = judge(ask({ messageType: 'discover' }, { clientAddress: MAIL.address }));
    expect(reply?.packet).toMatchObject({ clientAddress: NO_ADDRESS, yourAddress: MAIL.address });
  });

  it('repeats the address of a renewal', () => {
    const { reply } = judge(request({}, { clientAddress: MAIL.address }));
    expect(reply?.packet).toMatchObject({ clientAddress: MAIL.address, yourAddress: MAIL.address });
  });
});

describe('what is not answered', () => {
  const stranger = { lladdr: '02:00:00:00:00:01' as Lladdr };
  it.each<[string, Packet, RegExp]>([
    ['an unknown lladdr', ask({ messageType: 'discover' }, stranger), /unknown lladdr/],
    [
      'an unknown lladdr with a wrong address',
      ask({ messageType: 'request', requestedAddress: BOOT_ADDRESS }, stranger),
      /unknown lladdr/,
    ],
    [
      'a client of another server',
      ask({ messageType: 'discover' }, { lladdr: FOREIGN.lladdr }),
      /another DHCP/,
    ],
    ['a client without a subnet', ask({ messageType: 'discover' }, { lladdr: HOMELESS.lladdr }), /no subnet/],
    ['a reply', ask({ messageType: 'offer' }, { kind: 'reply' }), /reply of a server/],
    ['a message of servers', ask({ messageType: 'ack' }), /only servers send/],
    ['no message type', ask({}), /no message type/],
    [
      'a discover through a relay of another network',
      ask({ messageType: 'discover' }, { relayAddress: '192.0.2.254' as Ipv4 }),
      /outside of 10.77.0.0\/24/,
    ],
    ['a release', ask({ messageType: 'release' }, { clientAddress: MAIL.address }), /releases 10.77.0.8/],
    [
      'a decline',
      ask({ messageType: 'decline', requestedAddress: MAIL.address }),
      /^mail declines 10.77.0.8/,
    ],
    [
      'a decline of what another server gave',
      ask({ messageType: 'decline', serverId: '10.77.0.9' as Ipv4, requestedAddress: '10.77.0.99' as Ipv4 }),
      /^declines 10.77.0.99 of server 10.77.0.9/,
    ],
    ['an inform from nowhere', ask({ messageType: 'inform' }), /outside/],
  ])('%s', (_, packet, reason) => {
    const decision = judge(packet);
    expect(decision.reply).toBeNull();
    expect(decision.reason).toMatch(reason);
  });
});
