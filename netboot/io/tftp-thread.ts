import type { MessagePort } from 'node:worker_threads';
import { messageOf } from '../../src/common/error.ts';
import type { Clock } from '../../src/common/port.ts';
import { memorySource } from './tftp-source.ts';
import { transfersHere } from './tftp-start.ts';
import type { FromThread, ToThread } from './tftp-threads.ts';
import type { RunningTransfer } from './tftp-transfer.ts';

/** The other end of `transferThreads`, in a thread: runs what comes on its port, and says how it ended. */
export function serveTransfers(port: MessagePort, clock: Clock): void {
  const start = transfersHere(clock);
  const running = new Map<number, RunningTransfer>();
  const end = (number: number, ended: FromThread['ended']) => {
    running.delete(number);
    port.postMessage({ number, ended } satisfies FromThread);
  };
  port.on('message', (message: ToThread) => {
    const { number } = message;
    switch (message.kind) {
      case 'start': {
        const { peer, localAddress, options, bytes, begun } = message;
        const onBegun = () => Atomics.store(begun, 0, 1);
        const transfer = start({ peer, localAddress, options, source: memorySource(bytes), onBegun });
        running.set(number, transfer);
        transfer.done.then(
          (result) => end(number, result),
          (error) => end(number, { failed: messageOf(error) }),
        );
        return;
      }
      case 'ask-again':
        return running.get(number)?.askAgain();
      case 'leave':
        return running.get(number)?.leave();
      case 'hush':
        return running.get(number)?.hush();
      case 'abort':
        return running.get(number)?.abort(message.reason);
    }
  });
}
