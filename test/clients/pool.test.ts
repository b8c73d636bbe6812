import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ipv4 } from '../../src/common/address.ts';
import { until } from '../support/puffboot.ts';
import { type BootServer, machine, startBootServer } from './boot-server.ts';
import { DHCLIENT, dhclient, start, UDHCPC, udhcpc } from './dhcp-clients.ts';
import { dhcpStation } from './dhcp-station.ts';
import { LAN_SKIP, SERVER, titled } from './lan.ts';

const POOL = { first: '10.77.0.200' as Ipv4, last: '10.77.0.203' as Ipv4 };
const LLADDRS = ['52:54:00:77:03:01', '52:54:00:77:03:02', '52:54:00:77:03:03'] as const;

describe.skipIf(LAN_SKIP)(
  titled('DHCP clients that the inventory does not know, with a pool', LAN_SKIP),
  () => {
    let server: BootServer;
    beforeAll(async () => {
      // Reserved in the middle of the pool: nobody else may get that one.
      const known = machine('vm200', '52:54:00:77:03:ff', POOL.first);
      server = await startBootServer([known], {}, [], {}, { pool: POOL });
    });
    afterAll(() => server?.close());

    /** The states of a machine's leases, in the order in which they were noted: what survives a crash. */
    const noted = async (lladdr: string) => {
      const journal = await readFile(join(server.directory, 'leases/leases'), 'utf8');
      return [...journal.matchAll(/^(\S+) (\S+) (\S+) .*$/gm)].flatMap(([, state, address, whose]) =>
        whose === lladdr ? [[state, address]] : [],
      );
    };

    it.skipIf(UDHCPC.skip)(
      titled('udhcpc leases, renews after a crash of the server, and releases', UDHCPC.skip),
      async () => {
        const station = await dhcpStation(server, LLADDRS[0]);
        const client = start(station.inside(udhcpc(station, '-R')));
        expect(await station.told('bound')).toMatchObject({
          ip: '10.77.0.201',
          serverid: SERVER,
          lease: '3600',
        });
        await server.restart();
        client.kill('SIGUSR1');
        expect(await station.told('renew')).toMatchObject({ ip: '10.77.0.201', lease: '3600' });
        client.kill('SIGTERM');
        await until(async () => (await noted(LLADDRS[0])).length > 2);
        expect(await noted(LLADDRS[0])).toEqual([
          ['leased', '10.77.0.201'],
          ['leased', '10.77.0.201'],
          ['released', '10.77.0.201'],
        ]);
      },
    );

    it.skipIf(DHCLIENT.skip)(
      titled('dhclient gets the address again that it had before a crash, and nobody else', DHCLIENT.skip),
      async () => {
        const [mine, others] = [LLADDRS[1], LLADDRS[2]];
        const station = await dhcpStation(server, mine);
        const first = start(station.inside(dhclient(station)));
        const { new_ip_address: address } = await station.told('BOUND');
        first.kill('SIGKILL');
        await server.restart();

        const other = await dhcpStation(server, others);
        start(other.inside(dhclient(other)));
        expect((await other.told('BOUND')).new_ip_address).not.toBe(address);
        // As an installer that comes after a ROM: it knows nothing of the lease.
        start(station.inside(dhclient(station, '-lf', station.path('none'))));
        await until(async () => (await noted(mine)).length > 1);
        expect(await noted(mine)).toEqual([
          ['leased', address],
          ['leased', address],
        ]);
      },
    );

    it('nothing that should have been sent could not be', () => {
      expect(server.warnings).toEqual([]);
    });
  },
);
