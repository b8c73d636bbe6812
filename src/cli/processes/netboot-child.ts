import { bindSockets } from '../../../netboot/io/bind.ts';
import type { Config } from '../../config/schema.ts';
import { identityOf, prepareStateDirectory } from '../../io/processes/identity.ts';
import { SOCKET_ROLES } from '../../io/processes/protocol.ts';
import type { ChildSpec, HandedSocket } from '../../io/processes/supervisor.ts';
import type { NetbootSettings } from './netboot-settings.ts';

/** The netboot process as its parent starts it: with its directories made and its privileges gone. */
export async function netbootChild(config: Config): Promise<ChildSpec> {
  const identity = await identityOf(config.serve.netbootUser);
  const settings = netbootSettings(config);
  if (settings.keepsLeases) await prepareStateDirectory(settings.leasesDirectory, identity);
  // tftpd(8) reads there as a user of its own.
  if (settings.tftpdDirectory) await prepareStateDirectory(settings.tftpdDirectory, identity, 0o755);
  return {
    name: 'netboot',
    module: new URL('./netboot.js', import.meta.url),
    identity,
    settings,
    bind: () => bindNetboot(config),
  };
}

/** A hostile packet must not find more in the process than it takes to answer it. */
function netbootSettings(config: Config): NetbootSettings {
  const addresses = [...new Set(config.subnets.flatMap(({ bootAddress }) => bootAddress ?? []))];
  const keepsLeases = config.subnets.some(({ pool }) => pool !== undefined);
  const addresses6 = [...new Set(config.subnets.flatMap(({ bootAddress6 }) => bootAddress6 ?? []))];
  return { ...config.netboot, addresses, addresses6, keepsLeases };
}

/** Where clients listen (RFC 2131 §4.1). Servers on other ports are no real ones, and have no rivals. */
const CLIENT_PORT = 68;

async function bindNetboot(config: Config): Promise<readonly HandedSocket[]> {
  const { bootServerPort, ...settings } = netbootSettings(config);
  const sockets = await bindSockets({
    ...settings,
    serveTftp: settings.tftpdDirectory === undefined,
    ...(config.subnets.some(({ dhcp }) => dhcp === 'proxy') ? { bootServerPort } : {}),
    ...(settings.dhcpPort === 67 ? { clientPort: CLIENT_PORT } : {}),
  });
  return SOCKET_ROLES.flatMap((role) => sockets[role].map((socket) => ({ role, socket })));
}
