import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import type dgram from 'node:dgram';
import type net from 'node:net';
import { isatty } from 'node:tty';
import { deferred } from '../../common/deferred.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { Clock, Log } from '../../common/port.ts';
import { passOn } from '../log.ts';
import type { ChildName, SocketRole, ToChild, ToParent } from './protocol.ts';

export interface HandedSocket {
  readonly role: SocketRole;
  readonly socket: dgram.Socket | net.Server;
}

export interface ChildSpec {
  readonly name: ChildName;
  readonly module: URL;
  readonly identity: { readonly uid: number; readonly gid: number } | null;
  readonly settings: unknown;
  /** Binds the child's sockets; called anew for each start, since the child's death closed the old ones. */
  bind(): Promise<readonly HandedSocket[]>;
  /** Called when it died, in place of starting it again. */
  readonly onDeath?: () => void;
}

export interface SupervisorParts {
  readonly clock: Clock;
  readonly log: Log;
  relay(body: unknown): void;
}

export interface SupervisedChild {
  /** Resolves at the first start; rejects with the OperatorError that prevented it. */
  readonly started: Promise<readonly string[]>;
  send(message: ToChild): void;
  stop(): Promise<void>;
}

/** Pause before a dead child is started again: doubled from the first to the last of these. */
const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 30_000;
/** A child that lived this long is started again without a longer pause. */
const SETTLED_MS = 60_000;
/** A child that has not stopped by then is killed. */
const STOP_MS = 5_000;
const STDERR = 2;

/** Keeps one child process running: starts it, hands it its sockets, and starts it again when it dies. */
export function supervise(spec: ChildSpec, parts: SupervisorParts): SupervisedChild {
  const { clock, log } = parts;
  const first = deferred<readonly string[]>();
  let child: ChildProcess | null = null;
  let everReady = false;
  let stopping = false;
  let pause = FIRST_PAUSE_MS;

  async function start(): Promise<void> {
    const sockets = await spec.bind();
    const unhanded = new Set(sockets.map(({ socket }) => socket));
    const startedAt = clock.now();
    const forked = fork(spec.module, { env: childEnvironment(), ...apartFor(spec.identity) });
    child = forked;
    forked.stderr?.on('data', passOn);
    let refusal = `${spec.name} ended before it was ready`;
    forked.on('error', (error) => {
      log.error('child.channel', { child: spec.name, error: messageOf(error) });
      if (forked.pid !== undefined) return;
      refusal = `${spec.name} cannot be started: ${messageOf(error)}`;
      ended(null, null); // of a process that never was no exit is told
    });
    const here = deferred();
    forked.on('message', (message: ToParent) => {
      if (message.kind === 'here') here.resolve();
      else if (message.kind === 'relay') for (const body of message.bodies) parts.relay(body);
      else if (message.kind === 'ready') ready(message.listening);
      else {
        refusal = message.message;
        log.error('child.refused', { child: spec.name, reason: refusal });
        if (!everReady)
          first.reject(message.code === null ? new Error(refusal) : new OperatorError(message.code, refusal));
      }
    });
    const ended = (status: number | null, signal: NodeJS.Signals | null) => {
      if (child === forked) child = null;
      // What it did not live to be handed would keep the ports from the next one.
      for (const socket of unhanded) socket.close();
      unhanded.clear();
      if (stopping) return;
      // One that was killed has refused nothing; one that ended by itself would do it again.
      if (!everReady && signal === null) return first.reject(new Error(refusal));
      log.error('child.died', { child: spec.name, status, signal });
      if (spec.onDeath !== undefined) return spec.onDeath();
      if (clock.now() - startedAt > SETTLED_MS) pause = FIRST_PAUSE_MS;
      again();
    };
    forked.once('exit', ended);
    await here.promise;
    for (const { role, socket } of sockets) {
      await hand(forked, role, socket);
      // Once the child has a socket, the parent closes its own copy: it must not take what is meant for the child.
      if (unhanded.delete(socket)) socket.close();
    }
    tell(forked, { kind: 'start', settings: spec.settings });
  }

  function ready(listening: readonly string[]): void {
    everReady = true;
    log.info('child.ready', { child: spec.name, listening });
    first.resolve(listening);
  }

  function again(): void {
    log.info('child.restart', { child: spec.name, milliseconds: pause });
    clock.timer(clock.now() + pause, () => {
      if (stopping) return;
      start().catch((error) => {
        log.error('child.start', { child: spec.name, error: messageOf(error) });
        again();
      });
    });
    pause = Math.min(pause * 2, LAST_PAUSE_MS);
  }

  start().catch(first.reject);

  return {
    started: first.promise,
    send: (message) => {
      if (child !== null) tell(child, message);
    },
    async stop() {
      stopping = true;
      const running = child;
      if (running === null || running.exitCode !== null) return;
      const gone = deferred();
      running.once('exit', () => gone.resolve());
      tell(running, { kind: 'stop' });
      const cancel = clock.timer(clock.now() + STOP_MS, () => running.kill('SIGKILL'));
      await gone.promise;
      cancel();
    },
  };
}

function hand(child: ChildProcess, role: SocketRole, socket: dgram.Socket | net.Server): Promise<void> {
  return new Promise((resolve) => {
    const message: ToChild = { kind: 'socket', role };
    child.send(message, socket, {}, () => resolve());
  });
}

function tell(child: ChildProcess, message: ToChild): void {
  // A child that is just dying is noticed by its exit.
  child.send(message, () => undefined);
}

/**
 * Who gives privileges up keeps no hold on the terminal of who started them either: a process that has it open, or as the
 * one that controls it, may type there (TIOCSTI). What such a child logs comes by way of this process then.
 */
function apartFor(identity: ChildSpec['identity']): ForkOptions {
  if (identity === null) return {};
  const log = isatty(STDERR) ? 'pipe' : 'inherit';
  return { ...identity, detached: true, stdio: ['ignore', 'ignore', log, 'ipc'] };
}

/** Children get what they need and nothing that happens to lie in the parent's environment. */
function childEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TZ', 'LANG', 'PUFFBOOT_LOG', 'TMPDIR'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
