import dgram from 'node:dgram';
import net from 'node:net';
import { messageOf, OperatorError } from '../../common/error.ts';
import { gatherer } from '../../common/gatherer.ts';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { SocketRole, ToChild, ToParent } from './protocol.ts';

/** The two children's end of the channel to the parent. */
export interface ParentChannel<Settings> {
  readonly settings: Settings;
  readonly dhcp: readonly dgram.Socket[];
  readonly tftp: readonly dgram.Socket[];
  readonly http: readonly net.Server[];
  readonly bootServer: readonly dgram.Socket[];
  readonly clientPort: readonly dgram.Socket[];
  /** Sends to the other child, by way of the parent. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): () => void;
}

/** @returns what the child listens on, for people, and how to end it */
export type ChildMain<Settings> = (
  parent: ParentChannel<Settings>,
) => Promise<{ readonly listening: readonly string[]; close(): Promise<void> }>;

/**
 * Runs a child process of `serve`: waits for its sockets and configuration, starts, and ends when the parent
 * says so or is gone, however the parent ended.
 */
export function runChild<Settings>(main: ChildMain<Settings>): void {
  if (process.send === undefined) {
    process.stderr.write('puffboot: this program is started by `puffboot serve`\n');
    process.exit(2);
  }
  const sockets: Record<SocketRole, unknown[]> = {
    dhcp: [],
    tftp: [],
    http: [],
    bootServer: [],
    clientPort: [],
  };
  const udp = (role: SocketRole) => sockets[role].filter((socket) => socket instanceof dgram.Socket);
  const listeners = new Set<(message: unknown) => void>();
  let close: () => Promise<void> = async () => undefined;
  const relay = gatherer<unknown>((bodies) => tell({ kind: 'relay', bodies }), SYSTEM_CLOCK);
  const stop = () => void close().finally(() => process.exit(0));

  process.on('exit', relay.flush);
  process.on('disconnect', () => process.exit(1));
  // A parent that died while this program was still being loaded is never told of again.
  if (!process.connected) process.exit(1);
  // The terminal's Ctrl-C reaches every process of the group: the parent decides what follows.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', stop);
  process.on('message', (message: ToChild, handle: unknown) => {
    if (message.kind === 'socket') {
      sockets[message.role].push(handle);
      // Who connects before somebody answers here would wait for ever: cut off, a client tries again.
      if (handle instanceof net.Server) handle.on('connection', (early) => early.destroy());
    } else if (message.kind === 'relay') for (const listener of listeners) listener(message.body);
    else if (message.kind === 'stop') stop();
    else void start(message.settings as Settings);
  });
  tell({ kind: 'here' });

  async function start(settings: Settings): Promise<void> {
    try {
      const started = await main({
        settings,
        dhcp: udp('dhcp'),
        tftp: udp('tftp'),
        bootServer: udp('bootServer'),
        clientPort: udp('clientPort'),
        http: sockets.http.filter((server) => server instanceof net.Server),
        send: relay.add,
        onMessage(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      });
      close = started.close;
      tell({ kind: 'ready', listening: started.listening });
    } catch (error) {
      const code = error instanceof OperatorError ? error.code : null;
      const message =
        code === null && error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
      tell({ kind: 'refused', code, message }, () => process.exit(1));
    }
  }
}

function tell(message: ToParent, then: () => void = () => undefined): void {
  process.send?.(message, undefined, {}, then);
}
