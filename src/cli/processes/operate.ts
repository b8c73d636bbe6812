/** The operate child of `serve`: store, hosts, consoles, control socket and operator web. */
import { join } from 'node:path';
import { remoteNetboot } from '../../../netboot/io/channel.ts';
import { commandPort } from '../../../netboot/io/command-channel.ts';
import { messageOf } from '../../common/error.ts';
import type { Config } from '../../config/schema.ts';
import type { Install } from '../../install/install.ts';
import { openMetrics } from '../../install/io/metrics.ts';
import { openPowerService } from '../../install/io/power-service.ts';
import { openRetireService } from '../../install/io/retire-service.ts';
import { openInstallService } from '../../install/io/service.ts';
import { openTelemetry } from '../../install/io/telemetry-service.ts';
import { withTelemetry } from '../../install/io/with-telemetry.ts';
import { SYSTEM_CLOCK } from '../../io/clock.ts';
import { openControl } from '../../io/control.ts';
import { openControlConsoles } from '../../io/control-console.ts';
import { lockState } from '../../io/lock.ts';
import { openLog } from '../../io/log.ts';
import { passwordMaker } from '../../io/passwords.ts';
import { runChild } from '../../io/processes/child.ts';
import { openStore } from '../../io/store/store.ts';
import { openDoor } from '../../io/web/doorkeeper.ts';
import { startWeb } from '../../io/web-server.ts';
import { ROUTES } from '../../web/routes.ts';
import { hostService, openHosts } from '../host-access.ts';
import { followPrompts } from '../prompts-file.ts';
import { keyringOf } from '../sets/options.ts';

/** How long a command that works without `serve` may take to end before `serve` gives up: an apply may copy kernels. */
const LOCK_PATIENCE_SECONDS = 60;

runChild<Config>(async (parent) => {
  const config = parent.settings;
  const log = openLog('operate');
  const clock = SYSTEM_CLOCK;
  const lock = await lockState(config.stateDirectory, LOCK_PATIENCE_SECONDS, (reason) =>
    log.warn('state.locked', { reason }),
  );
  const store = await openStore(config.stateDirectory, { log });
  const { remote } = config.netboot;
  const elsewhere = remote === undefined ? null : commandPort(remote, { clock, log });
  const netboot = remoteNetboot(elsewhere ?? parent, undefined, (events) =>
    log.warn('netboot.events.forgotten', { events }),
  );
  const { accessOf, close: closeHosts } = openHosts(config.stateDirectory);
  const hosts = hostService({ config, store, accessOf, log });
  const telemetry = openTelemetry({ config, store, accessOf, clock, log });
  const metrics = openMetrics(telemetry);
  netboot.onEvent(metrics.booted);
  const ended = (install: Install) => {
    metrics.ended(install);
    hosts.settle(install.host);
  };
  const makePasswords = passwordMaker();
  const prompts = followPrompts(config.console.prompts, log);
  const keyDirectories = keyringOf(config, undefined).directories;
  const seams = { accessOf, keyDirectories, makePasswords, prompts, ended };
  const installs = openInstallService({ config, store, netboot, ...seams, clock, log });
  const purposeChanged = hosts.settle;
  const power = openPowerService({ config, store, accessOf, purposeChanged, clock, log });
  const refresh = () =>
    void installs.refresh().catch((error) => log.error('netboot.push', { error: messageOf(error) }));
  const retire = openRetireService({ config, store, accessOf, clock, log, changed: refresh });
  netboot.onReady(refresh);

  // Before anybody can ask for a console, so that the installs that are under way get theirs first.
  const resumed = installs.resume();
  resumed.catch(() => undefined);

  const door = openDoor({ file: join(config.stateDirectory, 'sessions.json'), clock, log });
  const { address, port, enabled } = config.web;
  const operator = withTelemetry(installs, telemetry, metrics);
  const web = enabled ? await startWeb({ operator, address, port, clock, log, door }) : null;
  const link = (name: string) => (web === null ? null : `${web.url}login#${door.link(name)}`);
  const context = { store, config, now: () => clock.now(), installs, hosts, power, retire, link };
  const control = await openControl({
    directory: config.stateDirectory,
    routes: ROUTES,
    context,
    log,
    consoles: openControlConsoles(installs, log),
  });
  // Another machine may be away for long; everything else goes on without it.
  if (elsewhere === null) await resumed;
  else resumed.catch((error) => log.error('install.resume', { error: messageOf(error) }));
  for (const { name, node } of config.hosts) if (node === config.node) hosts.settle(name);
  await retire.resume();

  return {
    listening: [...(web === null ? [] : [web.url]), control.path],
    async close() {
      await web?.close();
      await control.close();
      await Promise.all([installs.close(), hosts.close(), power.close(), retire.close(), telemetry.close()]);
      elsewhere?.close();
      await closeHosts();
      await store.close();
      lock.release();
    },
  };
});
