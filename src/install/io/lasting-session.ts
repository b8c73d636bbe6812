import { messageOf, OperatorError } from '../../common/error.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { VmState } from '../../host/vmctl.ts';
import type { InstallEvent } from '../lifecycle.ts';
import type { ConsoleSession, SessionListener } from './session.ts';

export interface LastingParts {
  readonly vm: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What vmd(8) says of the VM; null when it does not know it. */
  look(): Promise<VmState | null>;
  /** Ends what a lost connection may have left on the console: cu(1) keeps everybody else out. */
  free(): Promise<void>;
  /** Takes the console of the VM as it is found. */
  attach(listener: SessionListener): Promise<ConsoleSession>;
}

type Failure = InstallEvent & { readonly kind: 'fail' };

/** Pauses before the console is taken again. Seconds; some six minutes in all. */
const PAUSES: readonly number[] = [1, 2, 4, 8, 15, 30, 30, 30, 30, 30, 60, 60, 60];
/** A console that was held this long was really had: the pauses begin anew. Seconds. */
const REALLY_HAD = 60;
/** Errors that may pass: the way to the host is broken, not the host. */
const MAY_PASS: ReadonlySet<string> = new Set(['HOST_UNREACHABLE', 'HOST_COMMAND']);

/**
 * A session that outlives its line. Where the connection to the console is lost, or cu(1) dies, while the VM
 * still runs, the console is taken again a bounded number of times; the install is not failed for it.
 */
export async function lastingSession(
  parts: LastingParts,
  open: (listener: SessionListener) => Promise<ConsoleSession>,
  listener: SessionListener,
): Promise<ConsoleSession> {
  const { vm, clock, log } = parts;
  let closed = false;
  /** Lost, and not yet taken again. */
  let losing = false;
  let taken = 0;
  let since = clock.now();
  let wake: () => void = () => undefined;
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });

  const inner: SessionListener = {
    ...listener,
    lost(why, failure) {
      losing = true;
      void takeAgain(why, failure).then((again) => {
        if (!again) over();
      });
    },
  };

  /** @returns whether it goes on */
  async function takeAgain(why: string | null, failure: Failure): Promise<boolean> {
    if (clock.now() - since >= REALLY_HAD * 1000) taken = 0;
    let reason = why;
    while (!closed) {
      const pause = PAUSES[taken];
      if (pause === undefined) break;
      log.warn('console.lost', { vm, reason: reason ?? 'its command ended', pause });
      taken += 1;
      await sleep(pause);
      if (closed) return false;
      try {
        const state = await parts.look();
        // Nothing was lost: the VM ended, or never started, and the console with it.
        if (why === null && (state === null || state === 'stopped')) return fail(failure);
        if (why !== null || taken > 1) await parts.free();
        adopt(await parts.attach(inner));
        return true;
      } catch (error) {
        reason = messageOf(error);
        if (!(error instanceof OperatorError) || !MAY_PASS.has(error.code))
          return fail({ ...failure, reason });
      }
    }
    return fail({
      ...failure,
      reason: `the console was lost and could not be taken again: ${reason ?? failure.reason}`,
    });
  }

  function fail(failure: Failure): false {
    if (!closed) listener.event(failure);
    return false;
  }

  function sleep(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.timer(clock.now() + seconds * 1000, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  }

  let current: ConsoleSession;
  function adopt(session: ConsoleSession): void {
    current = session;
    losing = false;
    since = clock.now();
    if (closed) session.close();
    void session.ended.then(() => {
      // After `login:` nobody drives any more, and the end of the line is the end.
      if (current === session && !losing) over();
    });
  }

  /** Nobody wants it any more: it is not taken again. */
  function stop(): void {
    closed = true;
    wake();
    if (losing) over();
  }

  adopt(await open(inner));
  return {
    ended,
    isHeld: () => current.isHeld(),
    tail: () => current.tail(),
    release() {
      stop();
      current.release();
    },
    close() {
      stop();
      current.close();
      over();
    },
  };
}
