import type { WebSocket } from 'ws';
import type { VmsMessage } from '../../web/message.ts';
import type { Changes } from './changes.ts';
import { sendLatest } from './latest.ts';

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
