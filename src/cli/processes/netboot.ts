/** The netboot child of `serve`: DHCP and TFTP, with nothing but the catalog it is pushed, and boot HTTP below it. */
import { leaseBook } from '../../../netboot/dhcp/lease-book.ts';
import { exposeNetboot } from '../../../netboot/io/channel.ts';
import { openLeaseJournal } from '../../../netboot/io/lease-journal.ts';
import { startNetboot } from '../../../netboot/io/service.ts';
import { threadsWorthwhile, transferThreads } from '../../../netboot/io/tftp-threads.ts';
import { joinNetboots } from '../../../netboot/join.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { Log } from '../../common/port.ts';
import { SYSTEM_CLOCK } from '../../io/clock.ts';
import { openLog } from '../../io/log.ts';
import { runChild } from '../../io/processes/child.ts';
import { forkBootHttp } from './boot-http-fork.ts';
import type { NetbootSettings } from './netboot-settings.ts';

runChild<NetbootSettings>(async ({ settings, dhcp, tftp, http, bootServer, clientPort, send, onMessage }) => {
  const log = openLog('netboot');
  const leases = settings.keepsLeases ? await openLeases(settings.leasesDirectory, log) : null;
  // Its ports are low ones, and only the parent can bind them anew: it has to start both again.
  const bootHttp = forkBootHttp(http, settings, { clock: SYSTEM_CLOCK, log, onDeath: () => process.exit(1) });
  const program = new URL('./tftp-thread.js', import.meta.url);
  const transfers = transferThreads({ program, count: threadsWorthwhile(), clock: SYSTEM_CLOCK, log });
  const netboot = startNetboot({
    dhcp,
    tftp,
    http: [],
    bootServer,
    clientPort,
    setsDirectory: settings.setsDirectory,
    ...(settings.tftpDirectory && { tftpDirectory: settings.tftpDirectory }),
    ...(settings.tftpdDirectory && { tftpdDirectory: settings.tftpdDirectory }),
    ...(leases && { leases }),
    startTransfer: transfers.start,
    clock: SYSTEM_CLOCK,
    log,
  });
  await netboot.ready.catch((cause) => {
    const message = `${settings.tftpdDirectory}: ${messageOf(cause)}`;
    throw new OperatorError('TFTPD_DIRECTORY', message, { cause });
  });
  await bootHttp.started;
  exposeNetboot(joinNetboots(netboot, bootHttp.netboot), { send, onMessage });
  const { addresses, addresses6, dhcpPort, tftpPort, httpPort } = settings;
  return {
    listening: [
      ...addresses.map((address) => `${address} (DHCP ${dhcpPort}, TFTP ${tftpPort}, HTTP ${httpPort})`),
      ...addresses6.map((address) => `${address} (TFTP ${tftpPort}, HTTP ${httpPort})`),
    ],
    async close() {
      await Promise.all([netboot.close(), bootHttp.stop()]);
      await transfers.close();
    },
  };
});

async function openLeases(directory: string, log: Log) {
  const book = leaseBook();
  return { book, journal: await openLeaseJournal(directory, book, log) };
}
