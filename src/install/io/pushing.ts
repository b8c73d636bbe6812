import type { Netboot } from '../../../netboot/catalog.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { Config } from '../../config/schema.ts';
import type { VmStore } from '../../inventory/store.ts';
import { catalogOf } from '../catalog.ts';
import type { InstallStore } from '../store.ts';

export interface PushingParts {
  readonly config: Config;
  readonly store: Pick<VmStore, 'listVms'> & Pick<InstallStore, 'latestInstalls'>;
  readonly netboot: Pick<Netboot, 'push'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** In milliseconds. A netboot that has been started again takes a catalog in a few seconds. */
const LONG = 10_000;
const WAITS =
  'netboot has not taken what is armed now: it is not running or not reached, or it waits for the disk with netboot.setsDirectory';

/**
 * Tells netboot what is armed. Pushes run one after the other, each with the state of its own moment, so that the last
 * one wins. One that netboot does not answer is told of in the log, as installs wait for it.
 * @returns pushes; resolves when netboot has taken it
 */
export function pushing({ config, store, netboot, clock, log }: PushingParts): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  const push = async () => {
    const [vms, installs] = await Promise.all([store.listVms(), store.latestInstalls()]);
    const began = clock.now();
    let waited = false;
    const cancel = clock.timer(began + LONG, () => {
      waited = true;
      log.warn('netboot.waits', { seconds: LONG / 1000, reason: WAITS });
    });
    try {
      await netboot.push(catalogOf(config, vms, installs, began));
      if (waited) log.info('netboot.goes-on', { seconds: Math.round((clock.now() - began) / 1000) });
    } finally {
      cancel();
    }
  };
  return () => {
    last = last.catch(() => undefined).then(push);
    return last;
  };
}
