/** The netboot child of `serve`: DHCP, TFTP and boot HTTP, with nothing but the catalog it is pushed. */
import { leaseBook } from '../../../netboot/dhcp/lease-book.ts';
import { exposeNetboot } from '../../../netboot/io/channel.ts';
import { openLeaseJournal } from '../../../netboot/io/lease-journal.ts';
import { startNetboot } from '../../../netboot/io/service.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { Log } from '../../common/port.ts';
import { SYSTEM_CLOCK } from '../../io/clock.ts';
import { openLog } from '../../io/log.ts';
import { passwordMaker } from '../../io/passwords.ts';
import { runChild } from '../../io/processes/child.ts';
import type { NetbootSettings } from './netboot-settings.ts';

runChild<NetbootSettings>(async ({ settings, dhcp, tftp, http, bootServer, clientPort, send, onMessage }) => {
  const log = openLog('netboot');
  const leases = settings.keepsLeases ? await openLeases(settings.leasesDirectory, log) : null;
  const netboot = startNetboot({
    dhcp,
    tftp,
    http,
    bootServer,
    clientPort,
    setsDirectory: settings.setsDirectory,
    ...(settings.tftpDirectory && { tftpDirectory: settings.tftpDirectory }),
    ...(settings.tftpdDirectory && { tftpdDirectory: settings.tftpdDirectory }),
    ...(leases && { leases }),
    makePasswords: passwordMaker(),
    clock: SYSTEM_CLOCK,
    log,
  });
  await netboot.ready.catch((cause) => {
    const message = `${settings.tftpdDirectory}: ${messageOf(cause)}`;
    throw new OperatorError('TFTPD_DIRECTORY', message, { cause });
  });
  exposeNetboot(netboot, { send, onMessage });
  const { addresses, addresses6, dhcpPort, tftpPort, httpPort } = settings;
  return {
    listening: [
      ...addresses.map((address) => `${address} (DHCP ${dhcpPort}, TFTP ${tftpPort}, HTTP ${httpPort})`),
      ...addresses6.map((address) => `${address} (TFTP ${tftpPort}, HTTP ${httpPort})`),
    ],
    close: () => netboot.close(),
  };
});

async function openLeases(directory: string, log: Log) {
  const book = leaseBook();
  return { book, journal: await openLeaseJournal(directory, book, log) };
}
