import type { WebSocket } from 'ws';
import { emptyFeed } from '../../../console/feed.ts';
import type { ConsoleMessage, VmsMessage } from '../../web/message.ts';
import type { Operator } from '../../web/operator.ts';
import type { Changes } from './changes.ts';
import { sendLatest } from './latest.ts';

/** Shows a VM's console on a socket, and the next one of the same VM when that is held. */
export function sendConsole(socket: WebSocket, vm: string, operator: Operator): void {
  const feedNow = () => operator.console(vm) ?? emptyFeed;
  let feed = feedNow();
  const latest = sendLatest(socket, (send, skipped) => {
    const tell = (message: ConsoleMessage) => send(JSON.stringify(message));
    const { size, live } = feed;
    const state = live ? 'live' : feed === emptyFeed ? 'none' : 'released';
    tell({ kind: 'screen', ...size, feed: state, skipped });
    return feed.attach({ screen: send, output: send, ended: () => tell({ kind: 'ended' }) });
  });
  const unsubscribe = operator.onChange(() => {
    if (feedNow() === feed) return;
    feed = feedNow();
    latest.restart();
  });
  socket.once('close', () => {
    unsubscribe();
    latest.stop();
  });
}

/** Tells a socket of changes of one VM, or of all where `vm` is null. */
export function sendChanges(socket: WebSocket, vm: string | null, changes: Changes): void {
  const latest = sendLatest(socket, (send) =>
    changes.subscribe((message) => {
      const mine = vm === null ? message : only(message, vm);
      if (mine !== null) send(JSON.stringify(mine));
    }),
  );
  socket.once('close', () => latest.stop());
}

/** @returns null where nothing is said about this VM. */
function only(message: VmsMessage, name: string): VmsMessage | null {
  const vms = message.vms.filter((vm) => vm.name === name);
  if (message.kind === 'vms') return { ...message, vms };
  const removed = message.removed.filter((gone) => gone === name);
  return vms.length + removed.length > 0 ? { ...message, vms, removed } : null;
}
