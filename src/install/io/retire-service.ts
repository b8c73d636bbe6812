import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { messageOf, OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { Config, HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import { must } from '../../host/io/must.ts';
import type { DiskFate, Retired } from '../../inventory/retired.ts';
import type { LifeStore, VmStore } from '../../inventory/store.ts';
import { STOP_SECONDS } from '../power.ts';
import { asideOf, overwrite, parseListedMebibytes, retirementOf } from '../retire.ts';
import { stopVm } from './power-steps.ts';

export interface RetireOrder {
  readonly fate: DiskFate;
  /** A VM that takes longer than this to shut down is killed; null: never. */
  readonly killAfterSeconds: number | null;
  /** The host is not coming back: nothing is done there. */
  readonly hostGone: boolean;
}

export interface RetireService {
  /**
   * Removes a VM, or goes on with its removal. The order is stored when this resolves; the rest follows.
   * @throws OperatorError VM_NOT_FOUND, VM_BUSY
   */
  begin(name: string, order: RetireOrder): Promise<Retired>;
  list(): Promise<readonly (Retired & { readonly working: boolean })[]>;
  /** @throws OperatorError VM_NOT_FOUND */
  forget(name: string): Promise<void>;
  /** Goes on with what an earlier process left. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export interface RetireParts {
  readonly config: Config;
  readonly store: VmStore & LifeStore;
  readonly accessOf: (host: HostConfig) => HostAccess;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when a VM has left the inventory. */
  readonly changed: () => void;
}

const SHRED_SECONDS = 12 * 3600;
const UNHURRIED: RetireOrder = { fate: 'keep', killAfterSeconds: null, hostGone: false };

export function openRetireService(parts: RetireParts): RetireService {
  const { config, store, clock, log, changed } = parts;
  const ending = new AbortController();
  const working = new Map<string, Promise<void>>();

  const openOf = async (name: string) =>
    (await store.listRetired()).find((each) => each.name === name && each.stage !== 'retired');

  async function ordered(name: string, order: RetireOrder): Promise<Retired> {
    const vm = await store.findVm(name);
    if (vm === null) throw new OperatorError('VM_NOT_FOUND', `there is no VM ${show(name)}`);
    const host = config.hosts.find((each) => each.name === vm.host);
    const key = randomBytes(4).toString('hex');
    const { holdDays } = config.retired;
    const retired = retirementOf(vm, host, { key, fate: order.fate, holdDays, now: clock.now() });
    await store.orderRetirement(retired);
    return retired;
  }

  function carryOn(retired: Retired, order: RetireOrder): void {
    if (working.has(retired.key)) return;
    const done = carryOut(retired, order)
      .catch(async (error) => {
        log.warn('retire.failed', { vm: retired.name, error: messageOf(error) });
        const failure = error instanceof OperatorError ? `${error.message}; ${error.fix}` : messageOf(error);
        const now = (await store.listRetired()).find(({ key }) => key === retired.key);
        if (now !== undefined) await store.saveRetired({ ...now, failure });
      })
      .catch((error) => log.error('retire.store', { vm: retired.name, error: messageOf(error) }))
      .finally(() => working.delete(retired.key));
    working.set(retired.key, done);
  }

  /** Each stage is stored when it is done; each step may be repeated. */
  async function carryOut(retired: Retired, order: RetireOrder): Promise<void> {
    const access = order.hostGone ? null : accessTo(retired);
    if (access !== null) await stop(access, retired, order);
    await store.leaveInventory(retired.key);
    changed();
    const clearing: Retired = { ...retired, stage: 'clearing', failure: null };
    const kept = access === null ? [] : await clear(access, clearing);
    await store.saveRetired({ ...clearing, stage: 'retired', retiredAt: clock.now(), kept });
    log.info('retire.done', { vm: retired.name, host: retired.host, kept });
  }

  function accessTo(retired: Retired): HostAccess {
    const host = config.hosts.find(({ name }) => name === retired.host);
    if (host !== undefined) return parts.accessOf(host);
    throw new OperatorError(
      'HOST_NOT_FOUND',
      `${retired.name} is on ${retired.host}, which puffboot.toml does not name; if it is gone for good, give --host-gone`,
    );
  }

  /** Also before files are cleared: its owner may have started it again. */
  async function stop(access: HostAccess, { name, host }: Retired, { killAfterSeconds }: RetireOrder) {
    const step = { access, vm: { name, host }, clock, signal: ending.signal };
    await stopVm(step, killAfterSeconds ?? STOP_SECONDS, killAfterSeconds !== null);
  }

  async function clear(access: HostAccess, retired: Retired): Promise<readonly string[]> {
    const root = { asRoot: true };
    const exists = async (path: string) => (await access.run(['test', '-e', path], root)).status === 0;
    if (retired.fragment !== '') await must(access, ['rm', '-f', retired.fragment], root);
    const kept: string[] = [];
    for (const disk of retired.disks) {
      const aside = asideOf(disk, retired);
      // Moved first, so that nobody can start the VM from it again.
      if (await exists(disk)) {
        await must(access, ['mkdir', '-p', posix.dirname(aside)], root);
        await must(access, ['mv', disk, aside], root);
      }
      if (!(await exists(aside))) continue;
      if (retired.fate === 'keep') kept.push(aside);
      else await shred(access, aside);
    }
    return kept;
  }

  async function shred(access: HostAccess, path: string): Promise<void> {
    const root = { asRoot: true };
    const listed = await must(access, ['ls', '-ln', path], root);
    const mebibytes = parseListedMebibytes(listed.stdout);
    if (mebibytes === null)
      throw new OperatorError('HOST_COMMAND', `ls -ln ${path} says ${show(listed.stdout)}`);
    await must(access, overwrite(path, mebibytes), { ...root, seconds: SHRED_SECONDS });
    await must(access, ['sync'], root);
    await must(access, ['rm', '-f', path], root);
  }

  return {
    async begin(name, order) {
      const retired = (await openOf(name)) ?? (await ordered(name, order));
      carryOn(retired, { ...order, fate: retired.fate });
      return retired;
    },
    list: async () =>
      (await store.listRetired()).map((retired) => ({ ...retired, working: working.has(retired.key) })),
    forget: (name) => store.forgetRetired(name),
    async resume() {
      for (const retired of await store.listRetired()) {
        if (retired.stage !== 'retired') carryOn(retired, UNHURRIED);
      }
    },
    async close() {
      ending.abort();
      await Promise.allSettled(working.values());
    },
  };
}
