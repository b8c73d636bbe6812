import type { Clock, Log } from '../../common/port.ts';
import { type VmsMessage, type WebVm, webVm } from '../../web/message.ts';
import type { Operator } from '../../web/operator.ts';
import { coalesce, shareAnswers } from './pace.ts';

/** Pages hear of changes at most this often, in milliseconds. */
const INTERVAL = 250;

/** The VMs as pages see them. */
export interface Changes {
  all(): Promise<readonly WebVm[]>;
  /** First all VMs, then only what changed. @returns a function that ends the subscription */
  subscribe(listener: Listener): () => void;
  close(): void;
}

type Listener = (message: VmsMessage) => void;

export interface ChangesParts {
  readonly operator: Operator;
  readonly clock: Clock;
  readonly log: Log;
}

/** Asks the operator only while somebody listens, and once for all listeners. */
export function followChanges({ operator, clock, log }: ChangesParts): Changes {
  const all = shareAnswers(async () => (await operator.listVms()).map(webVm));
  /** Listeners, and whether each has been told all VMs. */
  const listeners = new Map<Listener, boolean>();
  /** Each VM as JSON, as it was told last. */
  let told = new Map<string, string>();

  const tell = async () => {
    const vms = await all();
    const now = clock.now();
    const seen = new Map(vms.map((vm) => [vm.name, JSON.stringify(vm)]));
    const changed = vms.filter(({ name }) => told.get(name) !== seen.get(name));
    const removed = [...told.keys()].filter((name) => !seen.has(name));
    told = seen;
    for (const [listener, knows] of [...listeners]) {
      listeners.set(listener, true);
      if (!knows) listener({ kind: 'vms', now, vms });
      else if (changed.length + removed.length > 0) listener({ kind: 'changed', now, vms: changed, removed });
    }
  };
  const telling = coalesce(clock, INTERVAL, () =>
    tell().catch((error: unknown) => log.error('web.list-failed', { error })),
  );
  const unsubscribe = operator.onChange(() => {
    if (listeners.size > 0) telling.request();
  });

  return {
    all,
    subscribe(listener) {
      listeners.set(listener, false);
      telling.request();
      return () => void listeners.delete(listener);
    },
    close() {
      unsubscribe();
      telling.stop();
      listeners.clear();
    },
  };
}
