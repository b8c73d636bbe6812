import { join } from 'node:path';
import { Command } from 'commander';
import type { Lease } from '../../netboot/dhcp/lease-book.ts';
import { LEASES_FILE, readLeases } from '../../netboot/io/lease-journal.ts';
import { ipv4ToNumber } from '../common/address.ts';
import { errnoOf, messageOf, OperatorError } from '../common/error.ts';
import { SYSTEM_CLOCK } from '../io/clock.ts';
import { readConfig } from '../io/config-file.ts';
import { renderTable, renderTime } from './table.ts';

export function leasesCommand(): Command {
  return new Command('leases')
    .description('the leases of the pools: machines that the inventory does not know')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'as a JSON array')
    .action(async ({ config: file, json = false }: { config?: string; json?: boolean }) => {
      const { config } = await readConfig(file);
      const leases = await leasesIn(config.netboot.leasesDirectory);
      const now = SYSTEM_CLOCK.now();
      const shown = [...leases]
        .sort((a, b) => ipv4ToNumber(a.address) - ipv4ToNumber(b.address))
        .map((lease) => ({ ...lease, state: stateAt(lease, now) }));
      process.stdout.write(json ? `${JSON.stringify(shown.map(toJson), null, 2)}\n` : table(shown));
    });
}

/** What has ended is not a lease any more, whatever the journal says. */
type Shown = Omit<Lease, 'state'> & { readonly state: Lease['state'] | 'expired' };

const stateAt = ({ state, until }: Lease, now: number): Shown['state'] =>
  until <= now && state !== 'released' ? 'expired' : state;

const toJson = ({ address, lladdr, state, until }: Shown) => ({
  address,
  lladdr,
  state,
  until: new Date(until).toISOString(),
});

const table = (leases: readonly Shown[]): string =>
  renderTable([
    ['ADDRESS', 'LLADDR', 'STATE', 'UNTIL'],
    ...leases.map(({ address, lladdr, state, until }) => [address, lladdr, state, renderTime(until)]),
  ]);

/** None where none was ever given. */
async function leasesIn(directory: string): Promise<readonly Lease[]> {
  try {
    return await readLeases(directory);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return [];
    const path = join(directory, LEASES_FILE);
    throw new OperatorError('LEASES_UNREADABLE', `${path}: ${messageOf(cause)}`, { cause });
  }
}
