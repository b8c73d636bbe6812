import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DhcpMessage } from '../../netboot/catalog.ts';
import { until } from '../support/puffboot.ts';
import { requireProgram } from '../support/require.ts';
import { type BootServer, machine, startBootServer } from './boot-server.ts';
import { DHCLIENT, dhclient, start, UDHCPC, udhcpc } from './dhcp-clients.ts';
import { type DhcpStation, dhcpStation } from './dhcp-station.ts';
import { LAN_SKIP, SERVER, titled } from './lan.ts';

const DHCPCD = requireProgram('dhcpcd', '/usr/sbin/dhcpcd');

interface ClientRow {
  readonly name: string;
  readonly skip: string | false;
  /** The last octet of lladdr and address. */
  readonly octet: number;
  argv(station: DhcpStation): readonly string[];
  /** The event that says it has an address. */
  readonly bound: string;
  /** What its script must have been told then. */
  told(address: string): Readonly<Record<string, string>>;
}

/** It keeps leases where no option leads elsewhere; `ip netns exec` gives it mounts of its own. */
const dhcpcd = (station: DhcpStation) => [
  ...['sh', '-c', 'for d in /run /var/lib/dhcpcd; do mount -t tmpfs none $d; done; exec "$@"', 'sh'],
  ...[DHCPCD.path, '-4', '-B', '-A', '-f', '/dev/null', '-c', station.script, 'eth0'],
];

/** Each client by broadcast from 0.0.0.0, without a relay: what a first boot on a LAN looks like. */
const CLIENTS: readonly ClientRow[] = [
  {
    name: 'dhclient',
    skip: DHCLIENT.skip,
    octet: 10,
    argv: (station) => dhclient(station),
    bound: 'BOUND',
    told: (address) => ({
      new_ip_address: address,
      new_filename: 'auto_install',
      new_dhcp_server_identifier: SERVER,
      new_subnet_mask: '255.255.255.0',
      new_routers: '10.77.0.254',
      new_domain_name_servers: SERVER,
      new_domain_name: 'example.org',
      new_broadcast_address: '10.77.0.255',
      new_dhcp_lease_time: '3600',
    }),
  },
  {
    name: 'udhcpc',
    skip: UDHCPC.skip,
    octet: 11,
    argv: (station) => udhcpc(station),
    bound: 'bound',
    told: (address) => ({ ip: address, siaddr: SERVER, boot_file: 'auto_install', serverid: SERVER }),
  },
  {
    name: 'udhcpc that asks for broadcast answers',
    skip: UDHCPC.skip,
    octet: 12,
    argv: (station) => udhcpc(station, '-B'),
    bound: 'bound',
    told: (address) => ({ ip: address, siaddr: SERVER, boot_file: 'auto_install', serverid: SERVER }),
  },
  {
    name: 'udhcpc that asks for the options of PXE',
    skip: UDHCPC.skip,
    octet: 13,
    argv: (station) => udhcpc(station, '-O', 'bootfile', '-O', 'tftp'),
    bound: 'bound',
    told: (address) => ({ ip: address, boot_file: 'auto_install', bootfile: 'auto_install', tftp: SERVER }),
  },
  {
    name: 'dhcpcd',
    skip: DHCPCD.skip,
    octet: 14,
    argv: (station) => dhcpcd(station),
    bound: 'BOUND',
    told: (address) => ({
      new_ip_address: address,
      new_dhcp_server_identifier: SERVER,
      new_filename: 'auto_install',
    }),
  },
];

const hex = (octet: number) => octet.toString(16).padStart(2, '0');
const lladdrOf = (octet: number) => `52:54:00:77:00:${hex(octet)}`;
const RESERVED = [10, 11, 12, 13, 14, 20, 21, 22, 23];
const STRANGER = '52:54:00:77:ff:ff';

describe.skipIf(LAN_SKIP)(titled('DHCP clients on the network of the server', LAN_SKIP), () => {
  let server: BootServer;
  beforeAll(async () => {
    server = await startBootServer(
      RESERVED.map((octet) => machine(`vm${octet}`, lladdrOf(octet), `10.77.0.${octet}`)),
    );
  });
  afterAll(() => server?.close());

  // What was said in this test alone, also when it runs a second time.
  let before = 0;
  beforeEach(() => {
    before = server.events.length;
  });
  const exchanged = (octet: number) =>
    server.events
      .slice(before)
      .flatMap((event) =>
        event.kind === 'dhcp' && event.from === lladdrOf(octet) ? [[event.message, event.reply]] : [],
      );
  const saw = (octet: number, message: DhcpMessage) =>
    until(async () => exchanged(octet).some(([seen]) => seen === message));

  for (const { name, skip, octet, argv, bound, told } of CLIENTS) {
    it.skipIf(skip)(titled(`${name} gets its reservation and the boot file`, skip), async () => {
      const station = await dhcpStation(server, lladdrOf(octet));
      start(station.inside(argv(station)));
      expect(await station.told(bound)).toMatchObject(told(`10.77.0.${octet}`));
      expect(exchanged(octet)).toEqual([
        ['discover', 'offer'],
        ['request', 'ack'],
      ]);
    });
  }

  it.skipIf(UDHCPC.skip)(titled('udhcpc renews and releases by unicast', UDHCPC.skip), async () => {
    const station = await dhcpStation(server, lladdrOf(20));
    const client = start(station.inside(udhcpc(station, '-R')));
    await station.told('bound');
    client.kill('SIGUSR1');
    expect(await station.told('renew')).toMatchObject({ ip: '10.77.0.20', lease: '3600' });
    client.kill('SIGTERM');
    await saw(20, 'release');
    const said = exchanged(20);
    expect(said.slice(0, 3)).toEqual([
      ['discover', 'offer'],
      ['request', 'ack'],
      ['request', 'ack'],
    ]);
    // udhcpc sends a renewal from a socket of its own; an answer that is quicker than its close(2) ends there, and it asks again.
    expect(said.slice(3, -1).every(([message, reply]) => message === 'request' && reply === 'ack')).toBe(
      true,
    );
    expect(said.at(-1)).toEqual(['release', null]);
  });

  const lease = (address: string) => `lease {
  interface "eth0";
  fixed-address ${address};
  option subnet-mask 255.255.255.0;
  option dhcp-lease-time 3600;
  option dhcp-server-identifier ${SERVER};
  renew 0 2037/12/31 23:59:59;
  rebind 0 2037/12/31 23:59:59;
  expire 0 2037/12/31 23:59:59;
}
`;

  it.skipIf(DHCLIENT.skip)(
    titled('dhclient asks at once for the address it had', DHCLIENT.skip),
    async () => {
      const station = await dhcpStation(server, lladdrOf(21));
      await writeFile(station.path('leases'), lease('10.77.0.21'));
      start(station.inside(dhclient(station)));
      expect(await station.told('REBOOT')).toMatchObject({ new_ip_address: '10.77.0.21' });
      expect(exchanged(21)).toEqual([['request', 'ack']]);
    },
  );

  it.skipIf(DHCLIENT.skip)(
    titled('dhclient gives up an address that is not its own', DHCLIENT.skip),
    async () => {
      const station = await dhcpStation(server, lladdrOf(22));
      await writeFile(station.path('leases'), lease('10.77.0.99'));
      start(station.inside(dhclient(station)));
      expect(await station.told('BOUND')).toMatchObject({ new_ip_address: '10.77.0.22' });
      expect(exchanged(22)).toEqual([
        ['request', 'nak'],
        ['discover', 'offer'],
        ['request', 'ack'],
      ]);
      await station.run([...dhclient(station, '-r')]);
      await saw(22, 'release');
    },
  );

  it.skipIf(UDHCPC.skip)(titled('a stranger gets no answer', UDHCPC.skip), async () => {
    const station = await dhcpStation(server, STRANGER);
    const { status, stderr } = await station.run(udhcpc(station, '-t', '2', '-T', '1'));
    expect(status).toBe(1);
    expect(stderr).toContain('no lease');
  });

  it('nothing that should have been sent could not be', () => {
    expect(server.warnings).toEqual([]);
  });
});
