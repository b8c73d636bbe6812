/** The netboot child of `serve`: DHCP, TFTP and boot HTTP, with nothing but the catalog it is pushed. */
import { exposeNetboot } from '../../../netboot/io/channel.ts';
import { startNetboot } from '../../../netboot/io/service.ts';
import { SYSTEM_CLOCK } from '../../io/clock.ts';
import { openLog } from '../../io/log.ts';
import { runChild } from '../../io/processes/child.ts';

runChild(async ({ config, dhcp, tftp, http, send, onMessage }) => {
  const netboot = startNetboot({
    dhcp,
    tftp,
    http,
    setsDirectory: config.netboot.setsDirectory,
    clock: SYSTEM_CLOCK,
    log: openLog('netboot'),
  });
  exposeNetboot(netboot, { send, onMessage });
  const addresses = [...new Set(config.subnets.flatMap(({ bootAddress }) => bootAddress ?? []))];
  const { dhcpPort, tftpPort, httpPort } = config.netboot;
  return {
    listening: addresses.map(
      (address) => `${address} (DHCP ${dhcpPort}, TFTP ${tftpPort}, HTTP ${httpPort})`,
    ),
    close: () => netboot.close(),
  };
});
