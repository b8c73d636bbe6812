import { beforeEach, describe, expect, it } from 'vitest';
import { deferred } from '../../src/common/deferred.ts';
import { OperatorError } from '../../src/common/error.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import type { VmState } from '../../src/host/vmctl.ts';
import { lastingSession } from '../../src/install/io/lasting-session.ts';
import type { ConsoleSession, SessionListener } from '../../src/install/io/session.ts';
import type { InstallEvent } from '../../src/install/lifecycle.ts';
import { FakeClock } from '../fakes/clock.ts';

const FAILURE = { kind: 'fail', reason: 'the console ended before the install did', tail: 'tail' } as const;

/** Everything around a session that may be lost; `done` lists what happened, in order. */
class Stage {
  readonly clock = new FakeClock();
  readonly done: string[] = [];
  readonly events: InstallEvent[] = [];
  state: VmState | null = 'running';
  refuse: Error | null = null;
  inner: SessionListener | null = null;
  end: () => void = () => undefined;

  open(): Promise<ConsoleSession> {
    return lastingSession(
      {
        vm: 'web1',
        clock: this.clock,
        log: SILENT_LOG,
        look: async () => {
          if (this.refuse !== null) throw this.refuse;
          return this.state;
        },
        free: async () => void this.done.push('free'),
        attach: async (inner) => this.#session('attach', inner),
      },
      async (inner) => this.#session('open', inner),
      {
        event: (event) => void this.events.push(event),
        progress: () => undefined,
        question: () => undefined,
      },
    );
  }

  #session(what: string, inner: SessionListener): ConsoleSession {
    this.done.push(what);
    this.inner = inner;
    const ended = deferred();
    this.end = ended.resolve;
    return {
      ended: ended.promise,
      isHeld: () => false,
      tail: async () => what,
      release: () => void this.done.push('release'),
      close: () => void this.done.push('close'),
    };
  }

  async lose(why: string | null): Promise<void> {
    this.inner?.lost?.(why, FAILURE);
    this.end();
    await settle();
  }

  async pass(seconds: number): Promise<void> {
    this.clock.advance(seconds * 1000);
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});

describe('a session', () => {
  it('takes the console again after a pause when its connection was lost', async () => {
    const session = await stage.open();
    await stage.lose('cannot reach vmm1');
    expect(stage.done).toEqual(['open']);
    await stage.pass(1);
    expect([stage.done, stage.events]).toEqual([['open', 'free', 'attach'], []]);
    expect(await session.tail()).toBe('attach');
  });

  it('frees the console of another cu only when it has met one', async () => {
    await stage.open();
    await stage.lose(null);
    await stage.pass(1);
    expect(stage.done).toEqual(['open', 'attach']);
    await stage.lose(null);
    await stage.pass(2);
    expect(stage.done).toEqual(['open', 'attach', 'free', 'attach']);
  });

  it.each(['stopped', null] as const)('is over when the VM is %s', async (state) => {
    const session = await stage.open();
    stage.state = state;
    await stage.lose(null);
    await stage.pass(1);
    expect([stage.done, stage.events]).toEqual([['open'], [FAILURE]]);
    await session.ended;
  });

  it('looks again and again while the host cannot be reached, and gives up in the end', async () => {
    const session = await stage.open();
    stage.refuse = new OperatorError('HOST_UNREACHABLE', 'cannot reach vmm1: it does not answer');
    await stage.lose('lost');
    for (let minute = 0; minute < 5; minute++) await stage.pass(60);
    expect(stage.events).toEqual([]);
    for (let minute = 0; minute < 10; minute++) await stage.pass(60);
    expect(stage.events).toMatchObject([
      { kind: 'fail', reason: expect.stringContaining('it does not answer') },
    ]);
    await session.ended;
  });

  it('fails at once where waiting would not help', async () => {
    await stage.open();
    stage.refuse = new OperatorError('HOST_KEY', 'its host key is not the one in known_hosts');
    await stage.lose('lost');
    await stage.pass(1);
    expect(stage.events).toMatchObject([{ reason: 'its host key is not the one in known_hosts' }]);
  });

  it('begins the pauses anew once it has had the console for a minute', async () => {
    await stage.open();
    for (let time = 0; time < 20; time++) {
      await stage.lose('lost');
      await stage.pass(1);
      await stage.pass(60);
    }
    expect(stage.done.filter((what) => what === 'attach')).toHaveLength(20);
    expect(stage.events).toEqual([]);
  });

  it.each(['close', 'release'] as const)('is not taken again after %s', async (how) => {
    const session = await stage.open();
    await stage.lose('lost');
    session[how]();
    await stage.pass(600);
    expect([stage.done, stage.events]).toEqual([['open', how], []]);
    await session.ended;
  });

  it('ends with its line once nobody drives it', async () => {
    const session = await stage.open();
    stage.end();
    await session.ended;
    await stage.pass(600);
    expect(stage.done).toEqual(['open']);
  });
});
