/** The netboot service as a process of its own, for a namespace: `node serve.mjs SETTINGS`. */
import { readFileSync } from 'node:fs';
import type { BootEvent, Catalog } from '../../netboot/catalog.ts';
import { leaseBook } from '../../netboot/dhcp/lease-book.ts';
import { bindSockets } from '../../netboot/io/bind.ts';
import { openLeaseJournal } from '../../netboot/io/lease-journal.ts';
import { startNetboot } from '../../netboot/io/service.ts';
import type { Log } from '../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';

export interface ServeSettings {
  readonly catalog: Catalog;
  readonly setsDirectory: string;
  readonly tftpDirectory: string;
  readonly leasesDirectory: string;
  readonly addresses6: readonly string[];
}

/** What it prints, one JSON value a line. */
export type Said =
  | { readonly kind: 'ready' }
  | { readonly kind: 'event'; readonly event: BootEvent }
  | { readonly kind: 'log'; readonly level: string; readonly event: string; readonly fields: unknown };

const say = (said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`);
const level =
  (name: string) =>
  (event: string, fields: unknown = {}) =>
    say({ kind: 'log', level: name, event, fields });
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: level('warn'),
  error: level('error'),
};

const { catalog, setsDirectory, tftpDirectory, leasesDirectory, addresses6 } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
) as ServeSettings;
const addresses = [...new Set(catalog.subnets.map(({ bootAddress }) => bootAddress))];
const sockets = await bindSockets({
  ...{ addresses, addresses6, broadcast: true, dhcpPort: 67, tftpPort: 69, httpPort: 80 },
  ...{ bootServerPort: 4011, clientPort: 68 },
});
const book = leaseBook();
const leases = { book, journal: await openLeaseJournal(leasesDirectory, book, log) };
const directories = { setsDirectory, tftpDirectory };
const netboot = startNetboot({ ...sockets, ...directories, leases, clock: SYSTEM_CLOCK, log });
netboot.onEvent((event) => say({ kind: 'event', event }));
await netboot.push(catalog);
say({ kind: 'ready' });
