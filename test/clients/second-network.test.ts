import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BootServer, machine, startBootServer } from './boot-server.ts';
import { DHCLIENT, dhclient, start, UDHCPC, udhcpc } from './dhcp-clients.ts';
import { dhcpStation } from './dhcp-station.ts';
import { ip, LAN_SKIP, SERVER, titled } from './lan.ts';

const FIRST = machine('first', '52:54:00:77:06:01', '10.77.0.61');
const SECOND = machine('second', '52:54:00:77:06:02', '10.78.0.62');
const SKIP = LAN_SKIP || UDHCPC.skip || DHCLIENT.skip;

/** One boot address for two interfaces: what goes to 255.255.255.255 leaves through the one that has it. */
describe.skipIf(SKIP)(titled('two networks of the server that share its boot address', SKIP), () => {
  let server: BootServer;
  beforeAll(async () => {
    server = await startBootServer([FIRST, SECOND], {}, ['10.78.0.0/24']);
  });
  afterAll(() => server?.close());

  it('udhcpc and dhclient are answered by broadcast in the one whose address it is not', async () => {
    const station = await dhcpStation(server, SECOND.lladdr, server.lan.server);
    await ip('-n', server.lan.server.namespace, 'address', 'add', '10.78.0.1/24', 'dev', 'behind');
    start(station.inside(udhcpc(station, '-q')));
    const told = { ip: SECOND.address, serverid: SERVER, siaddr: SERVER, boot_file: 'auto_install' };
    expect(await station.told('bound')).toMatchObject(told);
    start(station.inside(dhclient(station)));
    expect(await station.told('BOUND')).toMatchObject({ new_ip_address: SECOND.address });
  });

  it('udhcpc is answered in the one whose address it is', async () => {
    const station = await dhcpStation(server, FIRST.lladdr);
    start(station.inside(udhcpc(station)));
    expect(await station.told('bound')).toMatchObject({ ip: FIRST.address, serverid: SERVER });
  });

  it('nothing that should have been sent could not be', () => {
    expect(server.warnings).toEqual([]);
  });
});
