import { describe, expect, it } from 'vitest';
import { coalesce, shareAnswers } from '../../src/io/web/pace.ts';
import { FakeClock } from '../fakes/clock.ts';

describe('coalesce', () => {
  function paced(work: () => Promise<void> = async () => undefined) {
    const clock = new FakeClock(1000);
    const runs: number[] = [];
    const paced = coalesce(clock, 250, async () => {
      runs.push(clock.now());
      await work();
    });
    return { clock, runs, ...paced };
  }

  it('works at once the first time, then at most each interval', async () => {
    const { clock, runs, request } = paced();
    for (let at = 0; at < 100; at += 1) {
      request();
      request();
      await clock.run(10);
    }
    await clock.run(1000);
    expect(runs).toEqual([1000, 1250, 1500, 1750, 2000]);
  });

  it('works once more for requests that came while it worked', async () => {
    let finish = () => {};
    const { clock, runs, request } = paced(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    request();
    await clock.run(0);
    request();
    request();
    await clock.run(1000);
    expect(runs).toEqual([1000]);
    finish();
    await clock.run(1000);
    finish();
    await clock.run(1000);
    expect(runs).toEqual([1000, 2000]);
  });

  it('does nothing once stopped', async () => {
    const { clock, runs, request, stop } = paced();
    request();
    stop();
    request();
    await clock.run(1000);
    expect(runs).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe('shareAnswers', () => {
  it('asks once for all who wait, and never answers with what was asked before the question', async () => {
    const answers: ((answer: number) => void)[] = [];
    const ask = shareAnswers(() => new Promise<number>((resolve) => answers.push(resolve)));
    const first = ask();
    const [second, third] = [ask(), ask()];
    expect(answers.length).toBe(1);
    answers[0]?.(1);
    expect(await first).toBe(1);
    await Promise.resolve();
    expect(answers.length).toBe(2);
    answers[1]?.(2);
    expect([await second, await third]).toEqual([2, 2]);
  });

  it('asks again after a failure', async () => {
    let asked = 0;
    const ask = shareAnswers(async () => {
      asked += 1;
      if (asked === 1) throw new Error('not now');
      return asked;
    });
    const waiting = ask();
    const next = ask();
    await expect(waiting).rejects.toThrow('not now');
    expect(await next).toBe(2);
    expect(await ask()).toBe(3);
  });
});
