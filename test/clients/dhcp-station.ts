import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../support/puffboot.ts';
import type { BootServer } from './boot-server.ts';
import type { Station } from './lan.ts';

/** What a client hands to its script: the environment, by the client's own names. */
export type Told = Readonly<Record<string, string>>;

/** A machine without an address, ready for a DHCP client. */
export interface DhcpStation extends Station {
  /** Stands in for the client's own script, which would change this machine's resolv.conf. */
  readonly script: string;
  /** For lease and pid files. */
  path(name: string): string;
  /** What the client said at this event (`BOUND`, `bound`, `renew`); waits for it. */
  told(event: string): Promise<Told>;
}

/** @param relay the machine to whose interface `behind` it is plugged, instead of the server's network */
export async function dhcpStation(server: BootServer, lladdr: string, relay?: Station): Promise<DhcpStation> {
  const { lan } = server;
  const station = await (relay === undefined
    ? lan.station({ lladdr })
    : lan.stationBehind(relay, 'behind', lladdr));
  const path = (name: string) => join(server.directory, `${station.namespace}-${name}`);
  const script = path('script');
  await writeFile(script, scriptText(path('told')));
  await chmod(script, 0o755);
  return {
    ...station,
    script,
    path,
    async told(event) {
      const text = await until(() => readFile(path(`told-${event}`), 'utf8').catch(() => null));
      return Object.fromEntries(
        text.split('\n').map((line) => {
          const [name = '', ...value] = line.split('=');
          return [name, value.join('=')];
        }),
      );
    },
  };
}

/** Keeps what it is told and takes the address, as the scripts of all three clients must. */
const scriptText = (told: string) => `#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
event=\${reason:-$1}
address=\${new_ip_address:-$ip}
[ -n "$address" ] && ip address replace "$address/24" dev eth0
env > "${told}.part"
mv "${told}.part" "${told}-$event"
exit 0
`;
