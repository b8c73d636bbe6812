import type { Server } from 'node:net';
import type { Netboot } from '../../../netboot/catalog.ts';
import { remoteNetboot } from '../../../netboot/io/channel.ts';
import type { Clock, Log } from '../../common/port.ts';
import { supervise } from '../../io/processes/supervisor.ts';
import type { NetbootSettings } from './netboot-settings.ts';

/** All that the process of boot HTTP is told before its first catalog. */
export type BootHttpSettings = Pick<NetbootSettings, 'setsDirectory'>;

export interface BootHttpProcess {
  readonly netboot: Netboot;
  readonly started: Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Boot HTTP in a process of its own, with the privileges of this one: DHCP is answered however much is fetched, and
 * files are read there without a thread between.
 * @param listeners bound; handed over
 */
export function forkBootHttp(
  listeners: readonly Server[],
  { setsDirectory }: BootHttpSettings,
  { clock, log, onDeath }: { readonly clock: Clock; readonly log: Log; onDeath(): void },
): BootHttpProcess {
  const heard = new Set<(message: unknown) => void>();
  const child = supervise(
    {
      name: 'boot-http',
      module: new URL('./boot-http.js', import.meta.url),
      identity: null,
      settings: { setsDirectory } satisfies BootHttpSettings,
      bind: async () => listeners.map((socket) => ({ role: 'http' as const, socket })),
      onDeath,
    },
    {
      clock,
      log,
      relay(body) {
        for (const listener of heard) listener(body);
      },
    },
  );
  const netboot = remoteNetboot({
    send: (body) => child.send({ kind: 'relay', body }),
    onMessage(listener) {
      heard.add(listener);
      return () => heard.delete(listener);
    },
  });
  return { netboot, started: child.started, stop: child.stop };
}
