import type { VmsMessage, WebVm } from '../message.ts';
import { byId } from './dom.ts';
import { connect, linkText } from './socket.ts';

export interface Vms {
  readonly byName: ReadonlyMap<string, WebVm>;
  /** The server's clock now, in milliseconds: the reader's may be wrong. */
  now(): number;
}

/**
 * Follows VMs (one, or all) and shows the state of the connection. `show` is called with every change, and
 * each second while somebody looks, for the times that pass.
 */
export function followVms(vm: string | null, show: (vms: Vms) => void): void {
  const byName = new Map<string, WebVm>();
  let ahead = 0;
  let known = false;
  const vms: Vms = { byName, now: () => Date.now() + ahead };
  connect({
    path: `/api/v1/events${vm === null ? '' : `?vm=${encodeURIComponent(vm)}`}`,
    link: (retryIn) => {
      byId('link').textContent = linkText(retryIn);
    },
    message: (data) => {
      const message = JSON.parse(String(data)) as VmsMessage;
      ahead = message.now - Date.now();
      if (message.kind === 'vms') byName.clear();
      else for (const name of message.removed) byName.delete(name);
      for (const changedVm of message.vms) byName.set(changedVm.name, changedVm);
      known = true;
      show(vms);
    },
  });
  setInterval(() => {
    if (known && !document.hidden) show(vms);
  }, 1000);
}
