/** Boot HTTP below the netboot process: response files and sets, with nothing but the catalog it is pushed. */
import { exposeNetboot } from '../../../netboot/io/channel.ts';
import { startNetboot } from '../../../netboot/io/service.ts';
import { SYSTEM_CLOCK } from '../../io/clock.ts';
import { openLog } from '../../io/log.ts';
import { passwordMaker } from '../../io/passwords.ts';
import { runChild } from '../../io/processes/child.ts';
import type { BootHttpSettings } from './boot-http-fork.ts';

runChild<BootHttpSettings>(async ({ settings, http, send, onMessage }) => {
  const bootHttp = startNetboot({
    dhcp: [],
    tftp: [],
    http,
    setsDirectory: settings.setsDirectory,
    makePasswords: passwordMaker(),
    clock: SYSTEM_CLOCK,
    log: openLog('boot-http'),
  });
  exposeNetboot(bootHttp, { send, onMessage });
  return { listening: [], close: () => bootHttp.close() };
});
