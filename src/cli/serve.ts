import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { openOutbox } from '../../netboot/outbox.ts';
import type { Config } from '../config/schema.ts';
import { SYSTEM_CLOCK } from '../io/clock.ts';
import { readConfig } from '../io/config-file.ts';
import { openLog } from '../io/log.ts';
import { identityOf, prepareStateDirectory } from '../io/processes/identity.ts';
import { type SupervisedChild, supervise } from '../io/processes/supervisor.ts';
import { netbootChild } from './processes/netboot-child.ts';
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
  await prepareStateDirectory(config.stateDirectory, operateIdentity);
  const netboot: SupervisedChild | null =
    config.netboot.remote === undefined
      ? supervise(await netbootChild(config), {
          ...parts,
          relay: (body) => outbox.fromNetboot(body),
        })
      : null;
  const operate: SupervisedChild = supervise(
    {
      name: 'operate',
      module: new URL('./processes/operate.js', import.meta.url),
      identity: operateIdentity,
      settings: config,
      bind: async () => [],
    },
    { ...parts, relay: (body) => outbox.fromServe(body) },
  );
  // What netboot did while operate was being started again is told to the next one.
  const outbox = openOutbox({
    stream: randomUUID(),
    toNetboot: (body) => netboot?.send({ kind: 'relay', body }),
    toServe: (body) => operate.send({ kind: 'relay', body }),
  });

  const stop = async () => {
    await Promise.all([operate.stop(), netboot?.stop()]);
  };
  try {
    // Neither may be left unwatched while the other is awaited.
    const listening = await Promise.all([netboot?.started ?? [], operate.started]);
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
