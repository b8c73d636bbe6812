import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import type { RamdiskKernel } from '../../../sets/io/kernel.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { Config, HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import { carryOut } from '../../host/io/carry-out.ts';
import { type HostLock, lockHost } from '../../host/io/lock.ts';
import { observeHost } from '../../host/io/observe.ts';
import { takeTurns } from '../../host/io/turns.ts';
import { type HostPlan, planHost } from '../../host/plan/plan.ts';
import { describe, isTold } from '../../host/plan/step.ts';
import type { Wanted } from '../../host/plan/wanted.ts';
import type { LifeStore, VmStore } from '../../inventory/store.ts';
import type { HostOperator } from '../../web/host-operator.ts';
import type { InstallStore } from '../store.ts';
import { wantedOf } from '../wanted.ts';
import { carryOutAll, digestOf, errorView, isOver, type Progress, planView } from './apply-progress.ts';
import { diagnose, remedy } from './doctor-service.ts';
import { dueFlags, VM_CONF } from './host-flags.ts';
import { openKernels } from './kernels.ts';

export interface HostServiceParts {
  readonly config: Config;
  readonly store: VmStore & InstallStore & LifeStore;
  readonly accessOf: (host: HostConfig) => HostAccess;
  /** Where signify(1) keys are looked for. */
  readonly keyDirectories: readonly string[];
  /** Names this puffboot in the lock of a host: node, machine, state directory. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface HostService extends HostOperator {
  /**
   * To be called when an install has ended or a VM was stopped or started on purpose: `enable` and `disable` in the
   * vm.conf(5) that was applied follow in the background. What fails is logged, and is part of the next plan.
   */
  settle(host: string): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  /** Stops before the next step of every apply. */
  close(): Promise<void>;
}

interface Planned {
  readonly wanted: Wanted;
  readonly plan: HostPlan;
}

/** How many applies are remembered for those who ask how they went. */
const KEPT = 1000;

/** Plans and applies; on each host one thing after the other. */
export function openHostService(parts: HostServiceParts): HostService {
  const { config, clock, log } = parts;
  /** The last applies of all hosts, oldest first. */
  const applies: Progress[] = [];
  const inTurn = takeTurns();
  const work = new Set<Promise<void>>();
  /** Hosts whose flags are about to be looked at anyway. */
  const settling = new Set<string>();
  const kernelOf = openKernels({
    root: config.netboot.setsDirectory,
    keyDirectories: parts.keyDirectories,
  });
  let closing = false;

  function hostOf(name: string): HostConfig {
    const host = config.hosts.find((each) => each.name === name);
    if (host !== undefined) return host;
    const names = config.hosts.map((each) => each.name).join(', ');
    throw new OperatorError('HOST_NOT_FOUND', `there is no host ${show(name)}; the hosts are ${names}`);
  }

  async function sceneOf(host: HostConfig) {
    const { store } = parts;
    const [all, installs] = await Promise.all([store.listVms(), store.latestInstalls()]);
    return { vms: all.filter((vm) => vm.host === host.name), installs, stopped: await store.stoppedVms() };
  }

  async function planOf(host: HostConfig): Promise<Planned> {
    const { vms, installs, stopped } = await sceneOf(host);
    const kernels = new Map<string, RamdiskKernel>();
    for (const { release, arch } of vms) {
      const key = `${release}/${arch}`;
      if (!kernels.has(key)) kernels.set(key, await kernelOf(host, { release, arch }));
    }
    const sourceOf = (release: string, arch: string) =>
      kernels.get(`${release}/${arch}`) ?? ({ kind: 'missing', why: 'nobody looked' } as const);
    const retired = await parts.store.listRetired();
    const wanted = wantedOf({ config, host, vms, stopped }, installs, retired, sourceOf);
    return { wanted, plan: planHost(wanted, await observeHost(parts.accessOf(host), wanted)) };
  }

  /** Takes the host for this puffboot alone. */
  async function locked(host: HostConfig, act: (lock: HostLock) => Promise<void>): Promise<void> {
    const access = parts.accessOf(host);
    const path = posix.join(host.configDirectory, 'apply.lock');
    const lock = await lockHost({ access, host: host.name, path, holder: parts.holder, clock });
    try {
      await act(lock);
    } finally {
      await lock
        .release()
        .catch((error) => log.warn('host.unlock', { host: host.name, error: messageOf(error) }));
    }
  }

  async function apply(host: HostConfig, digest: string | null, progress: Progress, lock: HostLock) {
    const { wanted, plan } = await planOf(host);
    if (digest !== null && digest !== digestOf(plan)) {
      throw new OperatorError('HOST_CHANGED', `${host.name} is not any more as its plan was shown`);
    }
    if (plan.faults.length > 0) throw new OperatorError('PLAN_REFUSED', plan.faults.join('\n'));
    progress.remarks = plan.remarks;
    progress.steps = plan.steps.filter(isTold).map((step) => ({ says: describe(step), state: 'left' }));
    await carryOutAll(plan.steps, progress, async (step) => {
      if (closing) throw new OperatorError('APPLY_STOPPED', 'puffboot was stopped');
      await lock.renew();
      await carryOut(parts.accessOf(host), wanted, step);
    });
  }

  /** However the one before it ended. */
  function queue(host: HostConfig, act: () => Promise<void>): void {
    const turn = inTurn(host.name, act).finally(() => work.delete(turn));
    work.add(turn);
  }

  function begin(host: HostConfig, digest: string | null): Progress {
    const isBusy = applies.some(({ host: name, state }) => name === host.name && !isOver(state));
    const progress: Progress = {
      id: randomBytes(8).toString('hex'),
      host: host.name,
      state: isBusy ? 'waiting' : 'running',
      steps: [],
      remarks: [],
      error: null,
    };
    applies.push(progress);
    if (applies.length > KEPT) applies.shift();
    queue(host, async () => {
      progress.state = 'running';
      try {
        await locked(host, (lock) => apply(host, digest, progress, lock));
        progress.state = 'done';
      } catch (error) {
        progress.state = 'failed';
        progress.error = errorView(error);
      }
      log.info('host.applied', { host: host.name, state: progress.state, error: progress.error });
    });
    return progress;
  }

  async function settleNow(host: HostConfig): Promise<void> {
    const access = parts.accessOf(host);
    const due = async () => {
      const { vms, installs, stopped } = await sceneOf(host);
      return dueFlags(access, vms, installs, stopped);
    };
    if ((await due()) === null) return;
    await locked(host, async () => {
      const text = await due();
      if (text === null) return;
      await access.write(VM_CONF, text, { asRoot: true });
      log.info('host.flags', { host: host.name });
    });
  }

  function settle(name: string): void {
    const host = config.hosts.find((each) => each.name === name);
    if (host === undefined || settling.has(name) || closing) return;
    settling.add(name);
    queue(host, async () => {
      settling.delete(name);
      if (closing) return;
      await settleNow(host).catch((error) => log.warn('host.flags', { host: name, error: messageOf(error) }));
    });
  }

  async function settled(): Promise<void> {
    while (work.size > 0) await Promise.all(work);
  }

  return {
    hosts: () => config.hosts.map(({ name }) => name),
    read: (name, path) => parts.accessOf(hostOf(name)).read(path, { asRoot: true }),
    plan: async (name) => planView((await planOf(hostOf(name))).plan),
    async apply(name, digest) {
      return { ...begin(hostOf(name), digest) };
    },
    applied(name, id = null) {
      const host = hostOf(name).name;
      const progress = applies.findLast((each) => each.host === host && (id === null || each.id === id));
      return progress === undefined ? null : { ...progress };
    },
    async diagnose(name) {
      const host = hostOf(name);
      return diagnose(parts.accessOf(host), host, (await sceneOf(host)).vms);
    },
    async remedy(name) {
      const host = hostOf(name);
      return remedy(parts.accessOf(host), host, (await sceneOf(host)).vms);
    },
    settle,
    settled,
    async close() {
      closing = true;
      await settled();
    },
  };
}
