import type { PromptTable } from '../../../console/prompts/table.ts';
import { type MakePasswords, withPasswords } from '../../autoinstall/passwords.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { Config, HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import type { Vm } from '../../inventory/vm.ts';
import { answersOf, responseFileUrl } from '../catalog.ts';
import { hostPaths } from '../host-paths.ts';
import type { Install } from '../install.ts';
import { passwordAccounts } from '../response.ts';
import { modeOf } from './begin.ts';
import type { Consoles } from './consoles.ts';
import { freeConsole, kill, observe, type PrepareParts, prepareHost } from './host-steps.ts';
import { type LastingParts, lastingSession } from './lasting-session.ts';
import type { Recordings } from './recordings.ts';
import type { RunnerSteps } from './runner.ts';
import { attachSession, type SessionParts, startSession } from './session.ts';

export interface StepsParts {
  readonly config: Config;
  readonly accessOf: (host: HostConfig) => HostAccess;
  readonly makePasswords: MakePasswords;
  readonly prompts?: () => Promise<PromptTable | undefined>;
  readonly clock: Clock;
  readonly log: Log;
  readonly kernelOf: PrepareParts['kernelOf'];
  readonly recordings: Recordings;
  readonly opened: Consoles['opened'];
  readonly makeWay: Consoles['makeWay'];
  readonly changed: () => void;
  /** Writes into the inventory which release a VM runs. */
  readonly upgradedTo: (vm: string, release: string) => void;
  /** Tells netboot what is armed. */
  readonly push: () => Promise<void>;
  /** The VM's install as it stands; null where none is under way. */
  readonly installNow: (vm: string) => Install | null;
  readonly install: Install;
  readonly vm: Vm;
  readonly host: HostConfig;
}

/** What an install does on its host and at its VM's console, for its runner. */
export function stepsOf(parts: StepsParts): RunnerSteps {
  const { accessOf, clock, log, kernelOf, push, install, vm, host } = parts;
  const access = accessOf(host);
  const { kernel } = hostPaths(host, vm);
  const session = () => sessionOf(parts, access);
  const lasting: LastingParts = {
    vm: vm.name,
    clock,
    log,
    look: () => observe(access, vm.name),
    free: () => freeConsole(access, vm.name),
    attach: async (listener) =>
      attachSession(await session(), kernel, parts.installNow(vm.name) ?? install, listener),
  };
  return {
    prepare: () => prepareHost({ access, host, vm, kernelOf, log }),
    push,
    start: (listener) =>
      lastingSession(lasting, async (inner) => startSession(await session(), kernel, inner), listener),
    attach: (now, listener) =>
      lastingSession(lasting, async (inner) => attachSession(await session(), kernel, now, inner), listener),
    kill: () => kill(access, vm.name, clock),
  };
}

/** Made anew for each console: passwords are never used twice. */
async function sessionOf(parts: StepsParts, access: HostAccess): Promise<SessionParts> {
  const { config, clock, log, recordings, changed, install, vm } = parts;
  return {
    vm: vm.name,
    release: install.way === 'watch' ? null : vm.release,
    mode: modeOf(install),
    access,
    recordings,
    recording: install.recording,
    answers: withPasswords(
      answersOf(config, vm, install.mode),
      await parts.makePasswords(passwordAccounts(vm, install.mode)),
    ),
    location: responseFileUrl(config, vm, install),
    prompts: parts.prompts ?? (async () => undefined),
    clock,
    log,
    opened: (console) => parts.opened(vm.name, console),
    makeWay: () => parts.makeWay(vm.name),
    upgradedTo: (release) => parts.upgradedTo(vm.name, release),
    changed,
  };
}
