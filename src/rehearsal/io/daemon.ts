import { accessSync, appendFileSync, constants, readFileSync } from 'node:fs';
import { messageOf } from '../../common/error.ts';
import { HOST, pathOnHost } from '../host-path.ts';
import {
  claimTty,
  diskInUse,
  EMPTY_HOST,
  findVm,
  forgetStopped,
  type HostState,
  type HostVm,
  loadConf,
  setRun,
  statusRows,
  toStart,
} from '../host-state.ts';
import type { SimulationOptions } from '../options.ts';
import type { Reply, Request } from '../protocol.ts';
import { parseVmConf } from '../vm-conf.ts';
import type { VmRef } from '../vmctl.ts';
import { type ConsoleViewer, type GuestProcess, startGuest } from './guest-process.ts';

/** What an answered request leaves to do: a console that was granted. */
export interface Answer {
  readonly reply: Reply;
  readonly console?: GuestProcess;
}

/** How long a VM whose process has ended is neither running nor startable, and its disks are still open. */
const SETTLE_MILLISECONDS = 150;

/** The simulated vmd(8): its table of VMs and their processes. */
export class Daemon {
  readonly #root: string;
  readonly #options: SimulationOptions;
  readonly #guests = new Map<number, GuestProcess>();
  #state: HostState = EMPTY_HOST;

  constructor(root: string, options: SimulationOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** @param viewer the connection that asks; it gets the console where the request wants one */
  async answer(request: Request, viewer: ConsoleViewer): Promise<Answer> {
    switch (request.kind) {
      case 'load':
        return { reply: this.#load(request.file) };
      case 'reload':
        return { reply: this.#reload(request.file) };
      case 'reset':
        return { reply: await this.#reset(request.what) };
      case 'status':
        return { reply: { kind: 'status', rows: statusRows(this.#state) } };
      case 'start':
        return this.#start(request, viewer);
      case 'stop':
        return { reply: await this.#stop(request) };
      case 'console':
        return this.#console(request.vm, viewer);
      case 'pkill':
        return { reply: this.#pkill(request.name) };
      case 'hangup':
        return { reply: this.#hangUp(request.vm) };
      case 'rebooted':
        return { reply: this.#rebooted(request) };
    }
  }

  /** Ends every VM: none outlives its host. */
  async close(): Promise<void> {
    const guests = [...this.#guests.values()];
    for (const guest of guests) guest.stop(true);
    await Promise.all(guests.map(({ ended }) => ended));
  }

  log(text: string): void {
    appendFileSync(HOST.log, `${new Date().toISOString()} vmd[${process.pid}]: ${text}\n`);
    process.stderr.write(`${text}\n`);
  }

  /** As vmd does, the caller is told only that it failed; why is in the log. */
  #load(file: string): Reply {
    const path = this.#path(file);
    try {
      const parsed = parseVmConf(readFileSync(path, 'utf8'), file, (named) => this.#readable(named));
      if ('conf' in parsed) {
        this.#state = loadConf(this.#state, parsed.conf);
        return { kind: 'done' };
      }
      this.log(parsed.error);
    } catch (error) {
      this.log(`failed to open ${file}: ${messageOf(error)}`);
    }
    return { kind: 'failed', error: 'command failed' };
  }

  #reload(file: string | null): Reply {
    this.#state = forgetStopped(this.#state);
    const reply = this.#load(file ?? `/${HOST.config}`);
    if (reply.kind === 'done') {
      for (const vm of toStart(this.#state)) this.#run(vm, vm.definition.kernel);
    }
    return reply;
  }

  async #reset(what: 'all' | 'vms' | 'switches'): Promise<Reply> {
    if (what !== 'switches') {
      await this.close();
      this.#state = { ...this.#state, vms: [] };
    }
    if (what !== 'vms') this.#state = { ...this.#state, switches: [] };
    return { kind: 'done' };
  }

  #start({ vm: ref, console, kernel }: Request & { kind: 'start' }, viewer: ConsoleViewer): Answer {
    const vm = findVm(this.#state, ref);
    if (vm === null) return failed('No such file or directory');
    if (vm.run !== null) return failed('Operation already in progress');
    const started = this.#run(vm, kernel ?? vm.definition.kernel);
    if (typeof started === 'string') return failed(started);
    const tty = findVm(this.#state, { id: vm.id })?.run?.tty ?? '';
    const reply: Reply = { kind: 'started', id: vm.id, tty };
    return console && started.attach(viewer) ? { reply, console: started } : { reply };
  }

  /** @returns the errno's text or vmctl's sentence when it can't start */
  #run(vm: HostVm, kernel: string | null): GuestProcess | string {
    const { disks, lladdrs, memoryMiB, bootDevice } = vm.definition;
    const unusable = disks.some((disk) => !this.#readable(disk)) || diskInUse(this.#state, vm) !== null;
    if (unusable) return 'could not open disk image(s)';
    if (kernel !== null && !this.#readable(kernel)) return 'No such file or directory';
    const claimed = claimTty(this.#state);
    if (claimed === null) return 'Device not configured';
    const rom = this.#options.pxe.includes(vm.definition.name);
    const guest = startGuest({
      id: vm.id,
      lladdrs,
      memoryMiB,
      disks: disks.map((disk) => this.#path(disk)),
      netbooted: this.#options.netboot || bootDevice === 'net' || rom,
      rom,
      kernel: kernel === null ? null : this.#path(kernel),
      options: this.#options,
    });
    this.#guests.set(vm.id, guest);
    this.#state = setRun(claimed.state, vm.id, { pid: guest.pid, tty: claimed.tty, stopping: false });
    this.log(`started vm ${vm.id} (${vm.definition.name}) successfully, tty /dev/${claimed.tty}`);
    void guest.ended.then(() => this.#ended(vm.id, guest));
    return guest;
  }

  /** The VM's process is gone before vmd has put the VM among the stopped ones. */
  #ended(id: number, guest: GuestProcess): void {
    if (this.#guests.get(id) !== guest) return;
    this.#guests.delete(id);
    setTimeout(() => {
      this.#state = setRun(this.#state, id, null);
      this.log(`vm ${id} terminated`);
    }, SETTLE_MILLISECONDS);
  }

  #pkill(name: string): Reply {
    const guest = this.#guests.get(findVm(this.#state, { name })?.id ?? 0);
    if (guest === undefined) return { kind: 'failed', error: 'no such process' };
    guest.stop(true);
    return { kind: 'done' };
  }

  async #stop({ vm: ref, force, wait }: Request & { kind: 'stop' }): Promise<Reply> {
    const vm = findVm(this.#state, ref);
    if (vm === null) return { kind: 'failed', error: 'vm not found' };
    const guest = this.#guests.get(vm.id);
    if (vm.run === null) return { kind: 'failed', error: 'cannot stop vm that is not running' };
    // Its process is gone already; vmd is about to notice.
    if (guest === undefined) return { kind: 'stopped', id: vm.id };
    this.#state = setRun(this.#state, vm.id, { ...vm.run, stopping: true });
    const { name } = vm.definition;
    const { hung, wedged } = this.#options;
    if (!wedged.includes(name) && (force || !hung.includes(name))) guest.stop(force);
    if (wait) await guest.ended;
    return { kind: 'stopped', id: vm.id };
  }

  #console(ref: VmRef, viewer: ConsoleViewer): Answer {
    const vm = findVm(this.#state, ref);
    const guest = vm === null ? undefined : this.#guests.get(vm.id);
    if (vm === null || vm.run === null || guest === undefined) return failed('console not found');
    const { tty } = vm.run;
    return guest.attach(viewer)
      ? { reply: { kind: 'console', tty }, console: guest }
      : { reply: { kind: 'busy', tty } };
  }

  #hangUp(ref: VmRef): Reply {
    const vm = findVm(this.#state, ref);
    const guest = vm === null ? undefined : this.#guests.get(vm.id);
    return guest?.hangUp() ? { kind: 'done' } : { kind: 'failed', error: 'nobody is there' };
  }

  /** An explicit boot device counts for one boot; `-b` did too, the configuration's own kernel stays. */
  #rebooted({ id, pid }: Request & { kind: 'rebooted' }): Reply {
    const vm = findVm(this.#state, { id });
    if (vm === null || vm.run?.pid !== pid || vm.definition.bootDevice !== null) {
      return { kind: 'boot', kernel: null, terminate: true };
    }
    const { kernel } = vm.definition;
    return { kind: 'boot', kernel: kernel === null ? null : this.#path(kernel), terminate: false };
  }

  #path(path: string): string {
    return pathOnHost(this.#root, this.#root, path);
  }

  #readable(path: string): boolean {
    try {
      accessSync(this.#path(path), constants.R_OK);
      return true;
    } catch {
      return false;
    }
  }
}

const failed = (error: string): Answer => ({ reply: { kind: 'failed', error } });
