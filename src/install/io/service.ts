import { randomBytes } from 'node:crypto';
import { secretsOf } from '../../../console/mask.ts';
import type { BootEvent } from '../../../netboot/catalog.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { HostConfig } from '../../config/schema.ts';
import type { Vm } from '../../inventory/vm.ts';
import type { InstallView } from '../../web/operator.ts';
import { installViewOf, vmViewOf } from '../../web/routes/vm-view.ts';
import { answersOf } from '../catalog.ts';
import { HOLDS_CONSOLE, type Install, isOpen, WAITING } from '../install.ts';
import { step } from '../lifecycle.ts';
import type { QueuePlace } from '../queue.ts';
import { bootEventOf } from '../witness.ts';
import { againOf, hostOfVm, installOf, mustRun, ourHostOf } from './begin.ts';
import { openConsoles } from './consoles.ts';
import { readEvidence } from './evidence.ts';
import type { InstallService, ServiceParts } from './install-service.ts';
import { openKernels } from './kernels.ts';
import { openQueue } from './line-up.ts';
import { pushing } from './pushing.ts';
import { openRecordings } from './recordings.ts';
import { type Runner, runInstall } from './runner.ts';
import { type StepsParts, stepsOf } from './steps.ts';

export function openInstallService(parts: ServiceParts): InstallService {
  const { config, store, netboot, clock, log } = parts;
  const claim = randomBytes(8).toString('hex');
  const kernelOf = openKernels({
    root: config.netboot.setsDirectory,
    keyDirectories: parts.keyDirectories,
  });
  const runners = new Map<string, Runner>();
  const queue = openQueue((name) => config.hosts.find((host) => host.name === name)?.installsAtOnce ?? 0);
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const recordings = openRecordings({ config, store, log });
  let resuming = false;
  /** Until then, what netboot kept for whoever takes the installs up has to wait. */
  let takenUp: Promise<unknown> = Promise.resolve();
  let closing = false;
  const coming = (vm: string) => {
    const state = runners.get(vm)?.install().state;
    return resuming || (state !== undefined && HOLDS_CONSOLE.has(state));
  };
  const consoles = openConsoles({ recordings, clock, log, changed, reach, coming });
  const push = pushing(parts);

  netboot.onEvent((event) => (bootEventOf(event) === null ? undefined : takeWitness(event)));

  /** Resolves when the witness is stored; rejects where it has to be told to whoever goes on with the install. */
  async function takeWitness(event: BootEvent): Promise<void> {
    await takenUp;
    const runner = event.name === null ? undefined : runners.get(event.name);
    const witness = bootEventOf(event);
    if (runner === undefined || witness === null) return;
    const stored = await runner.send(witness);
    if (!stored && closing) throw new Error('not stored before the end');
  }

  /** Later upgrades and installs are to be of what runs, not of what was ordered once. */
  async function noteRelease(name: string, release: string): Promise<void> {
    try {
      await store.updateVm(name, (vm) => ({ ...vm, release }));
      log.info('vm.release', { vm: name, release });
      changed();
      await push();
    } catch (error) {
      log.warn('vm.release', { vm: name, release, error: messageOf(error) });
    }
  }

  async function vmOf(name: string): Promise<Vm> {
    const vm = await store.findVm(name);
    if (vm !== null) return vm;
    throw new OperatorError('VM_NOT_FOUND', `there is no VM called ${JSON.stringify(name)}`);
  }

  const stepParts: Omit<StepsParts, 'install' | 'vm' | 'host'> = {
    ...parts,
    kernelOf,
    recordings,
    opened: consoles.opened,
    makeWay: consoles.makeWay,
    changed,
    upgradedTo: (name, release) => void noteRelease(name, release),
    push,
    installNow: (name) => runners.get(name)?.install() ?? null,
  };

  async function reach(name: string) {
    const vm = await vmOf(name);
    return {
      access: parts.accessOf(hostOfVm(config, vm)),
      secrets: secretsOf(answersOf(config, vm, 'install')),
    };
  }

  function run(install: Install, vm: Vm, host: HostConfig): Runner {
    const runner = runInstall(install, {
      steps: stepsOf({ ...stepParts, install, vm, host }),
      store,
      clock,
      log,
      entered(now) {
        queue.moved(now);
        if (!isOpen(now)) parts.ended?.(now);
      },
      changed,
    });
    runners.set(vm.name, runner);
    queue.enter(install, vm.owner, () => runner.send({ kind: 'begin' }));
    changed();
    return runner;
  }

  async function begin(install: Install, vm: Vm, host: HostConfig): Promise<InstallView> {
    await store.createInstall(install);
    runners.get(vm.name)?.detach();
    return viewInstall(install, run(install, vm, host), queue.placeOf(vm.name));
  }

  async function takeUp(install: Install): Promise<void> {
    log.info('install.resume', { vm: install.vm, state: install.state });
    const vm = await vmOf(install.vm);
    run(install, vm, hostOfVm(config, vm));
  }

  /** Left open, it would bar the way of every later install. */
  async function giveUp(install: Install, error: unknown): Promise<void> {
    log.error('install.resume', { vm: install.vm, error: messageOf(error) });
    const event = { kind: 'fail', reason: messageOf(error), tail: '' } as const;
    await store.saveInstall(step(install, event, clock.now())[0]);
  }

  /** Who was served when, so that a restart doesn't begin with the same owner again. */
  async function rememberEnded(): Promise<void> {
    const [vms, installs] = await Promise.all([store.listVms(), store.latestInstalls()]);
    const owners = new Map(vms.map(({ name, owner }) => [name, owner]));
    for (const install of installs) {
      if (!isOpen(install)) queue.remember(install, owners.get(install.vm) ?? null);
    }
  }

  /** Those under way first: they have their places, and what waits gets the others. */
  async function takeUpAll(): Promise<void> {
    await rememberEnded();
    const open = await store.claimInstalls(config.node, claim);
    const waits = ({ state }: Install) => WAITING.has(state);
    for (const install of [...open.filter((each) => !waits(each)), ...open.filter(waits)]) {
      await takeUp(install).catch((error) => giveUp(install, error));
    }
  }

  async function view(vm: string): Promise<InstallView | null> {
    const runner = runners.get(vm);
    const install = runner?.install() ?? (await store.latestInstall(vm));
    return install === null ? null : viewInstall(install, runner, queue.placeOf(vm));
  }

  return {
    ...consoles,
    async resume() {
      resuming = true;
      takenUp = takeUpAll().finally(() => {
        resuming = false;
      });
      await takenUp;
      void recordings.prune();
      await push();
    },

    async install(name, order) {
      const vm = await vmOf(name);
      const host = ourHostOf(config, vm);
      const last = await store.latestInstall(name);
      if (last !== null && isOpen(last)) {
        throw new OperatorError('VM_BUSY', `${name} is already being installed (${last.state})`);
      }
      const access = parts.accessOf(host);
      return begin(await installOf(order, vm, last, { access, clock, node: host.node, claim }), vm, host);
    },

    async retry(name) {
      const vm = await vmOf(name);
      const host = ourHostOf(config, vm);
      const last = await store.latestInstall(name);
      const install = againOf(last, vm, host.node, claim, clock.now());
      await mustRun(parts.accessOf(host), vm, 'RETRY_REFUSED');
      return begin(install, vm, host);
    },

    async cancel(name) {
      await vmOf(name);
      const runner = runners.get(name);
      if (runner === undefined || !isOpen(runner.install())) {
        throw new OperatorError('INSTALL_NOT_RUNNING', `${name} is not being installed`);
      }
      runner.send({ kind: 'cancel' });
    },

    installView: view,

    evidence: async (vm) => readEvidence(recordings.directory, await view(vm)),

    async refresh() {
      changed();
      await push();
    },

    async listVms() {
      const [vms, installs] = await Promise.all([store.listVms(), store.latestInstalls()]);
      const stored = new Map(installs.map((install) => [install.vm, install]));
      return vms.map((vm) => {
        const runner = runners.get(vm.name);
        const install = runner?.install() ?? stored.get(vm.name);
        const place = queue.placeOf(vm.name);
        return vmViewOf(vm, install === undefined ? null : viewInstall(install, runner, place));
      });
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async close() {
      closing = true;
      for (const runner of runners.values()) runner.detach();
      consoles.close();
      await Promise.all([...runners.values()].map(({ done }) => done));
      await recordings.close();
    },
  };
}

function viewInstall(install: Install, runner: Runner | undefined, place: QueuePlace | null): InstallView {
  const view = { ...installViewOf(install), queue: place };
  if (runner === undefined) return view;
  return { ...view, progress: runner.progress(), question: runner.question(), live: runner.live() };
}
