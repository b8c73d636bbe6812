import type { ConsoleFeed } from '../../console/feed.ts';
import type { Ipv4, Lladdr } from '../../src/common/address.ts';
import { OperatorError } from '../../src/common/error.ts';
import { UNSAID } from '../../src/inventory/vm.ts';
import type { InstallView, Operator, VmView } from '../../src/web/operator.ts';

/** An operator whose VMs and consoles a test sets. */
export class FakeOperator implements Operator {
  readonly #vms = new Map<string, VmView>();
  readonly #consoles = new Map<string, ConsoleFeed>();
  readonly #kept = new Map<string, string>();
  readonly #listeners = new Set<() => void>();
  /** How often the list was asked for. */
  asked = 0;

  async listVms(): Promise<readonly VmView[]> {
    this.asked += 1;
    return [...this.#vms.values()];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  console(vm: string): ConsoleFeed | null {
    return this.#consoles.get(vm) ?? null;
  }

  async attach(vm: string): Promise<ConsoleFeed> {
    const feed = this.#consoles.get(vm);
    if (feed?.live === true) return feed;
    throw new OperatorError('CONSOLE_REFUSED', `somebody else holds the console of ${vm}`);
  }

  kept(vm: string): string | null {
    return this.#kept.get(vm) ?? null;
  }

  keep(vm: string, by: string | null): void {
    if (by === null) this.#kept.delete(vm);
    else this.#kept.set(vm, by);
    this.#changed();
  }

  /** As text: what the last install of `web1` failed with. */
  said: string | null = null;

  async evidence(vm: string): Promise<string | null> {
    return vm === 'web1' ? this.said : null;
  }

  put(vm: VmView): void {
    this.#vms.set(vm.name, vm);
    this.#changed();
  }

  remove(name: string): void {
    this.#vms.delete(name);
    this.#changed();
  }

  hold(vm: string, feed: ConsoleFeed): void {
    this.#consoles.set(vm, feed);
    this.#changed();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

export const aVm = (change: Partial<VmView> = {}): VmView => ({
  ...UNSAID,
  name: 'web1',
  host: 'vmd1',
  id: 1,
  hostName: 'web1',
  lladdr: 'fe:e1:bb:d1:4c:01' as Lladdr,
  ipv4: '192.0.2.10' as Ipv4,
  ipv6: null,
  owner: null,
  memoryMiB: 1024,
  diskSizesMiB: [20480],
  diskFormat: 'qcow2',
  release: '7.6',
  arch: 'amd64',
  createdAt: 0,
  sets: [],
  timezone: 'UTC',
  sshKeys: ['ssh-ed25519 AAAA secret-comment'],
  install: null,
  ...change,
});

export const anInstall = (change: Partial<InstallView> = {}): InstallView => ({
  id: 'i1',
  mode: 'install',
  state: 'installing',
  phases: [],
  progress: null,
  queue: null,
  question: null,
  failure: null,
  live: true,
  ...change,
});
