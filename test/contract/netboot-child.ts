/** A process with the netboot service in it, on ports of the system's choice; see the contract test. */
import { bindSockets } from '../../netboot/io/bind.ts';
import { exposeNetboot } from '../../netboot/io/channel.ts';
import { startNetboot } from '../../netboot/io/service.ts';
import type { Ipv4 } from '../../src/common/address.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../src/io/clock.ts';

const addresses = ['127.0.0.1' as Ipv4];
const sockets = await bindSockets({ addresses, broadcast: false, dhcpPort: 0, tftpPort: 0, httpPort: 0 });
const address = sockets.http[0]?.address();
const netboot = startNetboot({
  ...sockets,
  setsDirectory: '/nonexistent',
  clock: SYSTEM_CLOCK,
  log: SILENT_LOG,
});
process.on('disconnect', () => process.exit(0));
process.send?.({ kind: 'port', port: typeof address === 'object' ? address?.port : null });
exposeNetboot(netboot, {
  // The other side may leave at any time; that is told by `disconnect`.
  send: (message) => process.send?.(message, undefined, undefined, () => undefined),
  onMessage(listener) {
    process.on('message', listener);
    return () => process.off('message', listener);
  },
});
