import { randomBytes } from 'node:crypto';
import { messageOf, OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { Config, HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import { endedUnclean, HOST_UPTIME, LAST_BOOTS, parsePsTime } from '../../host/boots.ts';
import type { LifeStore, VmStore } from '../../inventory/store.ts';
import type { Vm } from '../../inventory/vm.ts';
import { type Install, isOpen, WAITING } from '../install.ts';
import {
  delayOf,
  isOver,
  type PowerJob,
  type PowerOrder,
  type PowerTask,
  passedOver,
  STOP_SECONDS,
  UNCLEAN_DELAY_SECONDS,
  UNCLEAN_FOR_SECONDS,
} from '../power.ts';
import type { InstallStore } from '../store.ts';
import { hasSystem } from '../wanted.ts';
import { killVm, pause, type StartParts, startVm, stopVm } from './power-steps.ts';

export interface PowerService {
  /**
   * Begins a job. VMs that are being installed are refused with the reason, with `all` passed over.
   * @throws OperatorError VM_NOT_FOUND, VM_BUSY where nothing is left to do
   */
  begin(order: PowerOrder): Promise<PowerJob>;
  /** @throws OperatorError JOB_NOT_FOUND */
  job(id: string): PowerJob;
  /** Does nothing more than what is being done now. @throws OperatorError JOB_NOT_FOUND */
  cancel(id: string): PowerJob;
  /** Resolves when nothing is being done any more. */
  close(): Promise<void>;
}

export interface PowerServiceParts {
  readonly config: Config;
  readonly store: VmStore & InstallStore & LifeStore;
  readonly accessOf: (host: HostConfig) => HostAccess;
  /** Called after a VM of a host is to stay stopped, or to stay so no longer. */
  readonly purposeChanged?: (host: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Jobs that are over and still told about. */
const JOBS_KEPT = 50;

interface Running {
  job: PowerJob;
  readonly order: PowerOrder;
  readonly vms: readonly Vm[];
  cancelled: boolean;
}

export function openPowerService(parts: PowerServiceParts): PowerService {
  const { config, store, clock, log } = parts;
  const jobs = new Map<string, Running>();
  const ending = new AbortController();
  const work = new Set<Promise<void>>();

  function jobOf(id: string): Running {
    const running = jobs.get(id);
    if (running !== undefined) return running;
    throw new OperatorError('JOB_NOT_FOUND', `there is no start or stop under way called ${show(id)}`);
  }

  function put(running: Running, vm: string, change: Partial<PowerTask>): void {
    const tasks = running.job.tasks.map((task) => (task.vm === vm ? { ...task, ...change } : task));
    running.job = { ...running.job, tasks };
  }

  /** One host after the other would be slow; on one host, one VM after the other. */
  async function runHost(running: Running, host: HostConfig): Promise<void> {
    const { order } = running;
    const access = parts.accessOf(host);
    const waits = (name: string) => running.job.tasks.find(({ vm }) => vm === name)?.state === 'waiting';
    const todo = running.vms.filter((vm) => vm.host === host.name && waits(vm.name));
    const delay = todo.length < 2 ? 0 : delayOf(order, await unclean(running, access, host));
    let begun = false;
    for (const vm of todo) {
      if (running.cancelled || ending.signal.aborted) {
        put(running, vm.name, { state: 'skipped', note: 'called off' });
        continue;
      }
      const step = { access, host, vm, clock, signal: ending.signal };
      begun = (await runTask(running, step, begun ? delay : 0)) || begun;
    }
  }

  /** @returns whether the VM was really started or stopped now, so that the next one has to wait */
  async function runTask(running: Running, step: StartParts, delaySeconds: number): Promise<boolean> {
    const { order } = running;
    const { name } = step.vm;
    try {
      if (delaySeconds > 0) {
        put(running, name, { note: `waits ${delaySeconds} s after the one before it` });
        await waitUnlessCancelled(running, step, delaySeconds);
        if (running.cancelled) {
          put(running, name, { state: 'skipped', note: 'called off' });
          return false;
        }
      }
      put(running, name, { state: 'working', note: '' });
      const note = await ACT[order.action](step, order);
      if (order.vms !== 'all') {
        await store.setStopped(name, order.action !== 'start');
        parts.purposeChanged?.(step.vm.host);
      }
      put(running, name, { state: 'done', note });
      log.info('power.done', { vm: name, action: order.action, note });
      return note === '';
    } catch (error) {
      log.warn('power.failed', { vm: name, action: order.action, error: messageOf(error) });
      put(running, name, { state: 'failed', note: explain(error) });
      return false;
    }
  }

  async function waitUnlessCancelled(running: Running, step: StartParts, seconds: number): Promise<void> {
    const until = clock.now() + seconds * 1000;
    while (!running.cancelled && clock.now() < until) await pause(step, Math.min(1, seconds));
  }

  async function unclean(running: Running, access: HostAccess, host: HostConfig): Promise<boolean> {
    if (running.order.action !== 'start' || running.order.delaySeconds !== null) return false;
    try {
      const [last, uptime] = [await access.run(LAST_BOOTS), await access.run(HOST_UPTIME)];
      const seconds = parsePsTime(uptime.stdout) ?? 0;
      if (!endedUnclean(last.stdout) || seconds > UNCLEAN_FOR_SECONDS) return false;
    } catch {
      return false;
    }
    const remark = `${host.name} did not shut down in order before its last boot: ${UNCLEAN_DELAY_SECONDS} s between starts, so that no two VMs check their disks together`;
    running.job = { ...running.job, remarks: [...running.job.remarks, remark] };
    return true;
  }

  /** Why a VM cannot be started or stopped now; null where it can. */
  function busy(
    { action }: PowerOrder,
    vm: Vm,
    install: Install | undefined,
    leaving: boolean,
  ): string | null {
    if (leaving && action === 'start') return 'it is being removed';
    if (install !== undefined && isOpen(install)) {
      const word = WAITING.has(install.state) ? 'queued' : install.state;
      return `its ${install.mode} is under way (${word}); \`puffboot cancel ${vm.name}\` ends that`;
    }
    // A kill is for what hangs, a stop that is being waited for included.
    if (action === 'kill') return null;
    for (const { job } of jobs.values()) {
      const task = job.tasks.find((each) => each.vm === vm.name);
      if (task?.state === 'waiting' || task?.state === 'working') return `another ${job.action} has it`;
    }
    return null;
  }

  async function choose({ vms: wanted, host }: PowerOrder): Promise<readonly Vm[]> {
    const all = await store.listVms();
    if (wanted === 'all') return all.filter((vm) => host === null || vm.host === host);
    return [...new Set(wanted)].map((name) => {
      const vm = all.find((each) => each.name === name);
      if (vm !== undefined) return vm;
      throw new OperatorError('VM_NOT_FOUND', `there is no VM ${show(name)}`);
    });
  }

  /** The tasks of a job; some are over before they begin. */
  async function tasksOf(order: PowerOrder, vms: readonly Vm[]): Promise<readonly PowerTask[]> {
    const installs = new Map((await store.latestInstalls()).map((install) => [install.vm, install]));
    const stopped = await store.stoppedVms();
    const leaving = new Set(
      (await store.listRetired()).filter(({ stage }) => stage !== 'retired').map(({ name }) => name),
    );
    return vms.map((vm): PowerTask => {
      const task = { vm: vm.name, host: vm.host };
      const why = busy(order, vm, installs.get(vm.name), leaving.has(vm.name));
      if (why !== null) return { ...task, state: order.vms === 'all' ? 'skipped' : 'failed', note: why };
      const system = hasSystem(installs.get(vm.name) ?? null, vm.installed);
      const over = passedOver(order, stopped.has(vm.name), system);
      if (over !== null) return { ...task, state: 'skipped', note: over };
      return { ...task, state: 'waiting', note: '' };
    });
  }

  return {
    async begin(order) {
      const vms = await choose(order);
      const tasks = await tasksOf(order, vms);
      const [only] = tasks;
      if (tasks.length === 1 && only?.state === 'failed')
        throw new OperatorError('VM_BUSY', `${only.vm}: ${only.note}`);
      const id = randomBytes(6).toString('hex');
      const job: PowerJob = { id, action: order.action, tasks, remarks: [] };
      const running: Running = { job, order, vms, cancelled: false };
      jobs.set(id, running);
      forget(jobs);
      for (const name of new Set(vms.map((vm) => vm.host))) {
        const host = config.hosts.find((each) => each.name === name);
        if (host === undefined) {
          for (const vm of vms.filter((each) => each.host === name))
            put(running, vm.name, { state: 'failed', note: `${name} is not in puffboot.toml` });
          continue;
        }
        const done = runHost(running, host).finally(() => work.delete(done));
        work.add(done);
      }
      return running.job;
    },
    job: (id) => jobOf(id).job,
    cancel(id) {
      const running = jobOf(id);
      running.cancelled = true;
      return running.job;
    },
    async close() {
      ending.abort();
      await Promise.allSettled(work);
    },
  };
}

const ACT: Record<PowerOrder['action'], (step: StartParts, order: PowerOrder) => Promise<string>> = {
  start: (step) => startVm(step),
  stop: (step, { timeoutSeconds, killAfterSeconds }) =>
    stopVm(step, killAfterSeconds ?? timeoutSeconds ?? STOP_SECONDS, killAfterSeconds !== null),
  kill: async (step) => {
    const note = await killVm(step);
    return note === 'killed' ? '' : note;
  },
};

function explain(error: unknown): string {
  return error instanceof OperatorError ? `${error.message}; ${error.fix}` : messageOf(error);
}

function forget(jobs: Map<string, Running>): void {
  for (const [id, { job }] of jobs) {
    if (jobs.size <= JOBS_KEPT) return;
    if (isOver(job)) jobs.delete(id);
  }
}
