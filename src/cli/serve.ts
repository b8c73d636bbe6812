import { Command } from 'commander';
import { bindSockets } from '../../netboot/io/bind.ts';
import type { Config } from '../config/schema.ts';
import { SYSTEM_CLOCK } from '../io/clock.ts';
import { readConfig } from '../io/config-file.ts';
import { openLog } from '../io/log.ts';
import { identityOf, prepareStateDirectory } from '../io/processes/identity.ts';
import { SOCKET_ROLES } from '../io/processes/protocol.ts';
import { type HandedSocket, type SupervisedChild, supervise } from '../io/processes/supervisor.ts';
import type { NetbootSettings } from './processes/netboot-settings.ts';
import { readOwnPrompts } from './prompts-file.ts';

export function serveCommand(): Command {
  return new Command('serve')
    .description('serve DHCP, TFTP, boot HTTP and the operator web, and carry out installs')
    .option('-f, --config <file>', 'configuration file')
    .option('--until-eof', 'end when standard input does, for a program that starts it')
    .action(async ({ config: file, untilEof = false }: { config?: string; untilEof?: boolean }) => {
      await serve((await readConfig(file)).config, untilEof);
    });
}

/**
 * The parent of the two processes that do the work. It binds netboot's ports, gives each child its user,
 * passes messages between them and starts again what dies; it reads nothing from any network.
 */
async function serve(config: Config, untilEof: boolean): Promise<void> {
  const log = openLog('serve');
  // Told here, where somebody reads it; the children read it anew for each install.
  await readOwnPrompts(config.console.prompts);
  const parts = { clock: SYSTEM_CLOCK, log };
  const operateIdentity = await identityOf(config.serve.operateUser);
  const netbootIdentity = await identityOf(config.serve.netbootUser);
  await prepareStateDirectory(config.stateDirectory, operateIdentity);
  const settings = netbootSettings(config);
  if (settings.keepsLeases) await prepareStateDirectory(settings.leasesDirectory, netbootIdentity);
  // tftpd(8) reads there as a user of its own.
  if (settings.tftpdDirectory) await prepareStateDirectory(settings.tftpdDirectory, netbootIdentity, 0o755);

  const netboot: SupervisedChild = supervise(
    {
      name: 'netboot',
      module: new URL('./processes/netboot.js', import.meta.url),
      identity: netbootIdentity,
      settings,
      bind: () => bindNetboot(config),
    },
    { ...parts, relay: (body) => operate.send({ kind: 'relay', body }) },
  );
  const operate: SupervisedChild = supervise(
    {
      name: 'operate',
      module: new URL('./processes/operate.js', import.meta.url),
      identity: operateIdentity,
      settings: config,
      bind: async () => [],
    },
    { ...parts, relay: (body) => netboot.send({ kind: 'relay', body }) },
  );

  const stop = async () => {
    await Promise.all([operate.stop(), netboot.stop()]);
  };
  try {
    // Neither may be left unwatched while the other is awaited.
    const listening = await Promise.all([netboot.started, operate.started]);
    process.stdout.write(`puffboot serves ${listening.flat().join(', ')}\n`);
  } catch (error) {
    await stop();
    throw error;
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    if (untilEof) process.stdin.resume().once('close', () => resolve());
  });
  log.info('serve.stop');
  await stop();
  // Open, it would keep this process alive.
  if (untilEof) process.stdin.destroy();
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
