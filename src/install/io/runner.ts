import { deferred } from '../../common/deferred.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { Progress, Question } from '../../web/operator.ts';
import { type Install, isOpen } from '../install.ts';
import { type InstallEffect, type InstallEvent, ON_RESUME, STATE_SECONDS, step } from '../lifecycle.ts';
import type { InstallStore } from '../store.ts';
import type { ConsoleSession, SessionListener } from './session.ts';

/** What a runner needs done. Each may be called again after a crash. */
export interface RunnerSteps {
  prepare(): Promise<{ readonly freshDisk: boolean }>;
  /** Tells netboot what is armed. */
  push(): Promise<void>;
  /** Boots the ramdisk kernel on a new console. */
  start(listener: SessionListener): Promise<ConsoleSession>;
  /** Takes the console of the VM as it is found. */
  attach(install: Install, listener: SessionListener): Promise<ConsoleSession>;
  kill(): Promise<void>;
}

export interface RunnerParts {
  readonly steps: RunnerSteps;
  readonly store: InstallStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after every change of state, once that is stored. */
  readonly entered: (install: Install) => void;
  /** Called after every change of what `view` shows. */
  readonly changed: () => void;
}

export interface Runner {
  install(): Install;
  progress(): Progress | null;
  /** What the console asks and nothing answers. */
  question(): Question | null;
  live(): boolean;
  /** Resolves when what it changes is stored, or it changes nothing; false where that is left to another process. */
  send(event: InstallEvent): Promise<boolean>;
  /** Lets go of everything without changing the install's state: another process goes on with it. */
  detach(): void;
  /** Resolves when the install has ended and its console was let go, or after `detach`. */
  readonly done: Promise<void>;
}

/** How long the console is kept after `login:`. */
const HOLD_SECONDS = 60;
/** Pause before a state that could not be stored is stored again. */
const SAVE_AGAIN_SECONDS = 5;

/**
 * Carries one install through its lifecycle. Events are applied one after the other: the new state is
 * stored first, then its effects run, without holding up the next event. One that is still `defined` waits
 * for the event `begin`; any other was left by another process and goes on.
 */
export function runInstall(initial: Install, parts: RunnerParts): Runner {
  const { steps, store, clock, log, entered: told, changed } = parts;
  let install = initial;
  let session: ConsoleSession | null = null;
  let progress: Progress | null = null;
  let question: Question | null = null;
  let detached = false;
  let cancelTimer: () => void = () => undefined;
  let queue: Promise<unknown> = Promise.resolve();
  const finished = deferred();

  const EFFECTS: Record<InstallEffect, () => Promise<void>> = {
    prepare: async () => void send({ kind: 'prepared', ...(await steps.prepare()) }),
    push: () => steps.push(),
    start: async () => {
      if (install.state !== 'armed') return;
      await hold(await steps.start(listener));
      send({ kind: 'started' });
    },
    attach: async () => {
      await hold(await steps.attach(install, listener));
      if (install.state === 'armed') send({ kind: 'started' });
    },
    hold: async () => {
      cancelTimer = clock.timer(clock.now() + HOLD_SECONDS * 1000, release);
    },
    release: async () => release(),
    kill: () => steps.kill(),
  };

  function send(event: InstallEvent): Promise<boolean> {
    const applied = queue
      .then(() => apply(event))
      .catch((error) => {
        log.error('install.event', { vm: install.vm, event: event.kind, error: messageOf(error) });
        return true;
      });
    queue = applied;
    return applied;
  }

  async function apply(event: InstallEvent): Promise<boolean> {
    if (detached) return false;
    const [next, effects] = step(install, event, clock.now());
    if (next === install) return true;
    const entered = next.state !== install.state;
    install = next;
    if (!(await save())) {
      detach();
      return false;
    }
    if (entered) {
      log.info('install.state', { vm: install.vm, state: install.state, ...(install.failure ?? {}) });
      progress = null;
      if (!isOpen(install)) question = null;
      armDeadline();
      void perform(effects);
      told(install);
    }
    changed();
    return true;
  }

  /** A database that cannot write now (a full disk) may be able to later; the install waits for it. */
  async function save(): Promise<boolean> {
    for (;;) {
      try {
        return await store.saveInstall(install);
      } catch (error) {
        log.error('install.store', { vm: install.vm, state: install.state, error: messageOf(error) });
        if (detached) return false;
        await new Promise<void>((resolve) => {
          clock.timer(clock.now() + SAVE_AGAIN_SECONDS * 1000, resolve);
        });
      }
    }
  }

  async function perform(effects: readonly InstallEffect[]): Promise<void> {
    try {
      for (const effect of effects) {
        if (detached) return;
        await EFFECTS[effect]();
      }
    } catch (error) {
      log.warn('install.effect', { vm: install.vm, state: install.state, error: messageOf(error) });
      send({ kind: 'fail', tail: '', ...explain(error) });
    }
  }

  const listener: SessionListener = {
    event: send,
    progress(now) {
      if (!isOpen(install)) return;
      progress = now;
      changed();
    },
    question(text) {
      if (text === null && question === null) return;
      question = text === null || !isOpen(install) ? null : { text, at: clock.now() };
      changed();
    },
  };

  /** An install that ended while its console was being opened wants neither console nor VM. */
  async function hold(opened: ConsoleSession): Promise<void> {
    session = opened;
    if (detached || !isOpen(install)) {
      release();
      if (install.state === 'cancelled' && install.way !== 'watch') await steps.kill();
      return;
    }
    void opened.ended.then(() => {
      if (session === opened) session = null;
      changed();
    });
    changed();
  }

  function release(): void {
    cancelTimer();
    if (detached) session?.close();
    else session?.release();
    session = null;
    changed();
    finished.resolve();
  }

  function armDeadline(): void {
    cancelTimer();
    const seconds = STATE_SECONDS[install.state];
    if (!Number.isFinite(seconds)) return;
    const phase = install.state;
    const overdue = async () => {
      // A human at the console takes the time that he needs.
      if (session?.isHeld() === true) {
        armDeadline();
        return;
      }
      const tail = (await session?.tail()) ?? '';
      send({ kind: 'fail', reason: `${phase} took longer than ${seconds} s`, tail });
    };
    cancelTimer = clock.timer(clock.now() + seconds * 1000, () => void overdue());
  }

  function detach(): void {
    detached = true;
    release();
  }

  armDeadline();
  // What was typed to collect evidence may still stand there: nothing more can be learnt, or be mended by waiting.
  if (isOpen(install) && install.failure !== null) {
    const { reason, tail } = install.failure;
    send({ kind: 'fail', reason, tail, noEvidence: 'puffboot ended while it asked the machine' });
  } else {
    void perform(ON_RESUME[install.state]);
  }

  return {
    install: () => install,
    progress: () => progress,
    question: () => question,
    live: () => session !== null,
    send,
    detach,
    done: finished.promise,
  };
}

function explain(error: unknown): { reason: string; next?: string } {
  return error instanceof OperatorError
    ? { reason: error.message, next: `${error.fix}; then install it again` }
    : { reason: messageOf(error) };
}
