import type { Route } from './route.ts';
import { CONSOLE_ROUTES, type ConsoleContext } from './routes/console.ts';
import { HOST_ROUTES, type HostContext } from './routes/host.ts';
import { INSTALL_ROUTES, type InstallContext } from './routes/install.ts';
import { POWER_ROUTES, type PowerContext } from './routes/power.ts';
import { RETIRE_ROUTES, type RetireContext } from './routes/retire.ts';
import { VM_ROUTES, type VmContext } from './routes/vm.ts';

/** Everything that a running `serve` answers on its control socket. */
export const ROUTES: readonly Route<
  VmContext & InstallContext & HostContext & PowerContext & RetireContext & ConsoleContext
>[] = [...VM_ROUTES, ...INSTALL_ROUTES, ...HOST_ROUTES, ...POWER_ROUTES, ...RETIRE_ROUTES, ...CONSOLE_ROUTES];
