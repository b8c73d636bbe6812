import { expect, it } from 'vitest';
import { deferred } from '../../src/common/deferred.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { pushing } from '../../src/install/io/pushing.ts';
import { FakeClock } from '../fakes/clock.ts';

const CONFIG = parseConfig(
  `[[subnets]]
   cidr = "192.0.2.0/24"
   router = "192.0.2.1"
   bootAddress = "192.0.2.2"
   [[hosts]]
   name = "host1"
   capacity = 2
   lladdrPrefix = "fe:e1:bb:d1:4c"
   ipv4Range = "192.0.2.10-192.0.2.19"`,
  'puffboot.toml',
);

/** A netboot that takes what it is pushed when the test says so. */
function scene() {
  const clock = new FakeClock(1_000_000);
  const told: string[] = [];
  const note = (event: string) => void told.push(event);
  const pushed: { resolve(): void; reject(reason: unknown): void }[] = [];
  const push = pushing({
    config: CONFIG,
    clock,
    log: { debug: note, info: note, warn: note, error: note },
    store: { listVms: async () => [], latestInstalls: async () => [] },
    netboot: {
      push() {
        const answer = deferred();
        pushed.push(answer);
        return answer.promise;
      },
    },
  });
  return { clock, told, pushed, push };
}

it('says nothing of a netboot that answers', async () => {
  const { clock, told, pushed, push } = scene();
  const done = push();
  await clock.run(9_999);
  pushed[0]?.resolve();
  await done;
  await clock.run(60_000);
  expect(told).toEqual([]);
  expect(clock.pending).toBe(0);
});

it('tells once of one that does not, and when it does again', async () => {
  const { clock, told, pushed, push } = scene();
  const done = push();
  await clock.run(10_000);
  expect(told).toEqual(['netboot.waits']);
  await clock.run(3_600_000);
  pushed[0]?.resolve();
  await done;
  expect(told).toEqual(['netboot.waits', 'netboot.goes-on']);
});

it('pushes one after the other, also behind one that was refused', async () => {
  const { clock, told, pushed, push } = scene();
  const [first, second] = [push(), push()];
  const refused = expect(first).rejects.toThrow('netboot refuses');
  await clock.run(10_000);
  expect(pushed).toHaveLength(1);
  pushed[0]?.reject(new Error('netboot refuses'));
  await refused;
  await clock.run(0);
  expect(pushed).toHaveLength(2);
  pushed[1]?.resolve();
  await second;
  expect(told).toEqual(['netboot.waits']);
});
