import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalogClient } from '../../netboot/catalog.ts';
import { requireProgram } from '../support/require.ts';
import { type BootServer, machine, startBootServer } from './boot-server.ts';
import { dhcpStation } from './dhcp-station.ts';
import { ip, LAN_SKIP, SERVER, type Station, titled } from './lan.ts';

const DHCRELAY = requireProgram('dhcrelay', '/usr/sbin/dhcrelay');
const PERFDHCP = requireProgram('perfdhcp', '/usr/sbin/perfdhcp');
const UDHCPC = requireProgram('udhcpc', '/usr/sbin/udhcpc');

const REMOTE = machine('remote', '52:54:00:77:01:07', '10.77.1.7');
/** The relay on the server's network, and its other side. */
const RELAY = { outside: '10.77.0.2', inside: '10.77.1.1' } as const;
const PERFDHCP_ADDRESS = '10.77.0.3';
const MANY = 50;

/** perfdhcp counts its clients up from the lladdr that it is given. */
const counted: readonly CatalogClient[] = Array.from({ length: MANY }, (_, index) =>
  machine(
    `perf${index}`,
    `00:0c:01:02:03:${(4 + index).toString(16).padStart(2, '0')}`,
    `10.77.0.${100 + index}`,
  ),
);

describe.skipIf(LAN_SKIP)(titled('DHCP through a relay', LAN_SKIP), () => {
  let server: BootServer;
  beforeAll(async () => {
    server = await startBootServer([REMOTE, ...counted], {}, ['10.77.1.0/24']);
  });
  afterAll(() => server?.close());

  const skip = DHCRELAY.skip || UDHCPC.skip;
  it.skipIf(skip)(titled('udhcpc behind dhcrelay gets its reservation of that network', skip), async () => {
    const relay = await server.lan.station({ address: RELAY.outside });
    const station = await dhcpStation(server, REMOTE.lladdr, relay);
    await ip('-n', relay.namespace, 'address', 'add', `${RELAY.inside}/24`, 'dev', 'behind');
    await ip('-n', server.lan.server.namespace, 'route', 'add', '10.77.1.0/24', 'via', RELAY.outside);
    start(relay, [
      // It drops an answer without what it appended (option 82).
      ...[DHCRELAY.path, '-4', '-d', '-a', '-D', '--no-pid'],
      ...['-id', 'behind', '-iu', 'eth0', SERVER],
    ]);
    const client = [UDHCPC.path, '-f', '-n', '-t', '10', '-T', '1', '-i', 'eth0', '-s', station.script];
    start(station, client);
    expect(await station.told('bound')).toMatchObject({
      ip: REMOTE.address,
      siaddr: SERVER,
      boot_file: 'auto_install',
      router: '10.77.1.254',
    });
  });

  it.skipIf(PERFDHCP.skip)(titled(`perfdhcp, ${MANY} clients as a relay`, PERFDHCP.skip), async () => {
    const station = await server.lan.station({ address: PERFDHCP_ADDRESS });
    const { stdout, stderr } = await station.run([
      ...[PERFDHCP.path, '-4', '-l', 'eth0', '-b', 'mac=00:0c:01:02:03:04', '-R', String(MANY)],
      ...['-r', '100', '-p', '2', '-W', '500000', SERVER],
    ]);
    expect(stdout, stderr).toMatch(/drops: 0\b/);
    expect(stdout).not.toMatch(/drops: [1-9]|orphans: [1-9]/);
    const acks = server.events.filter((event) => event.kind === 'dhcp' && event.reply === 'ack');
    expect(acks.length).toBeGreaterThan(MANY);
  });

  it('nothing that should have been sent could not be', () => {
    expect(server.warnings).toEqual([]);
  });
});

function start(station: Station, argv: readonly string[]): void {
  const [command = '', ...args] = station.inside(argv);
  spawn(command, args, { stdio: 'ignore' });
}
