import { beforeEach, describe, expect, it } from 'vitest';
import { deferred } from '../../src/common/deferred.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import type { Install, InstallState } from '../../src/install/install.ts';
import { type Runner, type RunnerSteps, runInstall } from '../../src/install/io/runner.ts';
import type { ConsoleSession, SessionListener } from '../../src/install/io/session.ts';
import { STATE_SECONDS } from '../../src/install/lifecycle.ts';
import type { InstallStore } from '../../src/install/store.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FRESH as fresh } from '../fakes/install.ts';

/** Everything around a runner, as far as it is asked; `done` lists what it had done, in order. */
class Stage implements RunnerSteps {
  readonly clock = new FakeClock();
  readonly done: string[] = [];
  readonly saved: InstallState[] = [];
  readonly entered: InstallState[] = [];
  save: () => Promise<boolean> = async () => true;
  opening: Promise<void> = Promise.resolve();
  listener: SessionListener | null = null;

  /** A human types at the console. */
  held = false;

  run(install: Install = fresh): Runner {
    const store = { saveInstall: (next: Install) => this.#saveInstall(next) } as InstallStore;
    const runner = runInstall(install, {
      steps: this,
      store,
      clock: this.clock,
      log: SILENT_LOG,
      entered: ({ state }) => this.entered.push(state),
      changed: () => undefined,
    });
    if (install.state === 'defined') runner.send({ kind: 'begin' });
    return runner;
  }
  async prepare() {
    this.done.push('prepare');
    return { freshDisk: true };
  }
  async push() {
    this.done.push('push');
  }
  async kill() {
    this.done.push('kill');
  }
  start = (listener: SessionListener) => this.#open('start', listener);
  attach = (_: Install, listener: SessionListener) => this.#open('attach', listener);

  async #open(what: string, listener: SessionListener): Promise<ConsoleSession> {
    this.done.push(what);
    await this.opening;
    this.listener = listener;
    const ended = deferred();
    return {
      ended: ended.promise,
      tail: async () => 'the last line',
      isHeld: () => this.held,
      release: () => {
        this.done.push('release');
        ended.resolve();
      },
      close: () => {
        this.done.push('close');
        ended.resolve();
      },
    };
  }
  async #saveInstall(next: Install): Promise<boolean> {
    const kept = await this.save();
    if (kept) this.saved.push(next.state);
    return kept;
  }
}

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});

/** Lets everything that is ready to run do so; nothing here waits for a real clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

describe('a runner', () => {
  it('stores each state before what it leads to is done, and holds the console a minute after login', async () => {
    const runner = stage.run();
    await settle();
    expect(stage.saved).toEqual(['preparing', 'armed', 'booting']);
    expect(stage.entered).toEqual(stage.saved);
    expect(stage.done).toEqual(['prepare', 'push', 'start']);
    for (const kind of ['answered', 'performing', 'congratulations', 'login'] as const)
      stage.listener?.event({ kind });
    await settle();
    expect(runner.install().state).toBe('running');
    expect([runner.live(), stage.done]).toEqual([true, ['prepare', 'push', 'start', 'push', 'push']]);
    stage.clock.advance(60_000);
    expect([runner.live(), stage.done.at(-1)]).toEqual([false, 'release']);
    await runner.done;
  });

  it('ends an install whose failure was seen before a restart, without a look at its console', async () => {
    const before = stage.run({ ...fresh, state: 'installing' });
    await settle();
    stage.listener?.event({ kind: 'failing', reason: 'no space' });
    await settle();
    expect(before.install()).toMatchObject({ state: 'installing', failure: { reason: 'no space' } });
    before.detach();
    stage.done.length = 0;
    const after = stage.run(before.install());
    await settle();
    expect(after.install()).toMatchObject({ state: 'failed', failure: { reason: 'no space' } });
    expect(after.install().failure?.next).toContain('puffboot install web1');
    expect(stage.done).toEqual(['push']);
    await after.done;
  });

  it('gives a human at the console the time that he needs', async () => {
    const runner = stage.run({ ...fresh, state: 'installing' });
    await settle();
    stage.held = true;
    stage.clock.advance(STATE_SECONDS.installing * 2000);
    await settle();
    expect(runner.install().state).toBe('installing');
    stage.held = false;
    stage.clock.advance(STATE_SECONDS.installing * 1000);
    await settle();
    expect(runner.install().state).toBe('failed');
  });

  it.each(['booting', 'answering', 'installing', 'rebooting'] as const)(
    'fails with the tail of the console when %s takes too long',
    async (state) => {
      const runner = stage.run({ ...fresh, state });
      await settle();
      stage.clock.advance(STATE_SECONDS[state] * 1000 - 1);
      await settle();
      expect(runner.install().state).toBe(state);
      stage.clock.advance(1);
      await settle();
      expect(runner.install().failure).toMatchObject({ phase: state, tail: 'the last line' });
      expect(runner.install().failure?.reason).toContain(`${state} took longer than`);
      expect(stage.done).toEqual(['push', 'attach', 'release', 'push']);
    },
  );

  it('takes up what another process left, by its state', async () => {
    stage.run({ ...fresh, state: 'armed' });
    await settle();
    expect([stage.done, stage.saved]).toEqual([['push', 'attach'], ['booting']]);
  });

  it('does nothing more once another process has claimed the install', async () => {
    stage.save = async () => false;
    const runner = stage.run();
    await settle();
    await runner.done;
    expect(stage.done).toEqual([]);
  });

  it('waits for a store that cannot write now', async () => {
    let full = true;
    stage.save = async () => {
      if (full) throw new Error('database or disk is full');
      return true;
    };
    const runner = stage.run();
    await settle();
    expect(stage.done).toEqual([]);
    full = false;
    stage.clock.advance(5_000);
    await settle();
    expect([runner.install().state, stage.done]).toEqual(['booting', ['prepare', 'push', 'start']]);
  });

  it('lets a console go that was opened while the install was cancelled, and stops its VM', async () => {
    const opening = deferred();
    stage.opening = opening.promise;
    const runner = stage.run();
    await settle();
    runner.send({ kind: 'cancel' });
    await settle();
    opening.resolve();
    await settle();
    expect(runner.install().state).toBe('cancelled');
    expect([runner.live(), stage.done.slice(-2)]).toEqual([false, ['release', 'kill']]);
  });

  it('lets only the console go of a VM that was merely watched', async () => {
    const opening = deferred();
    stage.opening = opening.promise;
    const runner = stage.run({ ...fresh, mode: 'upgrade', way: 'watch', state: 'watching' });
    await settle();
    runner.send({ kind: 'cancel' });
    await settle();
    opening.resolve();
    await settle();
    expect(runner.install().state).toBe('cancelled');
    expect(stage.done).toContain('release');
    expect(stage.done).not.toContain('kill');
  });

  it('turns an effect that fails into a failure with its reason', async () => {
    stage.prepare = async () => {
      throw new Error('no space left on device');
    };
    const runner = stage.run();
    await settle();
    expect(runner.install().failure).toMatchObject({ phase: 'preparing', reason: 'no space left on device' });
  });

  it('shows no progress of an install that has ended', async () => {
    const runner = stage.run();
    await settle();
    stage.listener?.progress({ stage: 'fetch', file: 'base76.tgz', percent: 25 });
    expect(runner.progress()).toMatchObject({ percent: 25 });
    runner.send({ kind: 'cancel' });
    await settle();
    stage.listener?.progress({ stage: 'fetch', file: 'base76.tgz', percent: 26 });
    expect(runner.progress()).toBeNull();
  });
});
