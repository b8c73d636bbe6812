/** The netboot child of `serve`: DHCP, TFTP and boot HTTP, with nothing but the catalog it is pushed. */
import { exposeNetboot } from '../../../netboot/io/channel.ts';
import { startNetboot } from '../../../netboot/io/service.ts';
import { SYSTEM_CLOCK } from '../../io/clock.ts';
import { openLog } from '../../io/log.ts';
import { runChild } from '../../io/processes/child.ts';
import type { NetbootSettings } from './netboot-settings.ts';

runChild<NetbootSettings>(async ({ settings, dhcp, tftp, http, send, onMessage }) => {
  const netboot = startNetboot({
    dhcp,
    tftp,
    http,
    setsDirectory: settings.setsDirectory,
    clock: SYSTEM_CLOCK,
    log: openLog('netboot'),
  });
  exposeNetboot(netboot, { send, onMessage });
  const { addresses, dhcpPort, tftpPort, httpPort } = settings;
  return {
    listening: addresses.map(
      (address) => `${address} (DHCP ${dhcpPort}, TFTP ${tftpPort}, HTTP ${httpPort})`,
    ),
    close: () => netboot.close(),
  };
});
