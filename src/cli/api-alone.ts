import type { Config } from '../config/schema.ts';
import { openPowerService } from '../install/io/power-service.ts';
import { openRetireService } from '../install/io/retire-service.ts';
import { SYSTEM_CLOCK } from '../io/clock.ts';
import type { StateLock } from '../io/lock.ts';
import { openLog } from '../io/log.ts';
import { openStore } from '../io/store/store.ts';
import { dispatch } from '../web/dispatch.ts';
import type { Route } from '../web/route.ts';
import { HOST_ROUTES, type HostContext } from '../web/routes/host.ts';
import { POWER_ROUTES, type PowerContext } from '../web/routes/power.ts';
import { RETIRE_ROUTES, type RetireContext } from '../web/routes/retire.ts';
import { VM_ROUTES, type VmContext } from '../web/routes/vm.ts';
import type { Api } from './api.ts';
import { hostService, openHosts } from './host-access.ts';

const ROUTES_WITHOUT_SERVE: readonly Route<VmContext & HostContext & PowerContext & RetireContext>[] = [
  ...VM_ROUTES,
  ...HOST_ROUTES,
  ...POWER_ROUTES,
  ...RETIRE_ROUTES,
];

/** Answers from the routes of `serve` itself, on the state directory that `lock` holds until this is closed. */
export async function answerAlone(config: Config, lock: StateLock): Promise<Api> {
  const store = await openStore(config.stateDirectory, { log: openLog('store', 'warn') });
  const ways = openHosts(config.stateDirectory);
  const parts = { config, store, accessOf: ways.accessOf };
  const hosts = hostService({ ...parts, log: openLog('host', 'warn') });
  const power = openPowerService({ ...parts, clock: SYSTEM_CLOCK, log: openLog('power', 'error') });
  const retire = openRetireService({
    ...parts,
    clock: SYSTEM_CLOCK,
    log: openLog('retire', 'error'),
    changed: () => undefined,
  });
  const context = { store, config, now: () => Date.now(), hosts, power, retire };
  return {
    call: (method, path, body) => dispatch(ROUTES_WITHOUT_SERVE, context, method, path, body),
    async close() {
      await Promise.all([hosts.close(), power.close(), retire.close()]);
      await ways.close();
      await store.close();
      lock.release();
    },
  };
}
