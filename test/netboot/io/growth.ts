import { expect } from 'vitest';
import { until } from '../../support/puffboot.ts';
import { heapInUse } from '../fuzz.ts';

/** What a heap may differ by, with all the same in it. */
const HEAP_SLACK = 8 * 1024 * 1024;
/** Of the whole process, which gives memory back late. */
const RESIDENT_SLACK = 128 * 1024 * 1024;

/** Sockets, timers and open files of this process. */
const resources = (): number => process.getActiveResourcesInfo().length;

/** Runs all rounds, and has none of heap, memory and open resources grow from the first half to the second. */
export async function bounded(rounds: number, round: (index: number) => Promise<void>): Promise<void> {
  const half = Math.ceil(rounds / 2);
  for (let index = 0; index < half; index += 1) await round(index);
  const before = { heap: heapInUse(), resident: process.memoryUsage.rss(), resources: resources() };
  for (let index = half; index < half * 2; index += 1) await round(index);
  // What a client left to itself is kept until its time is up.
  await until(async () => resources() <= before.resources + 2, 60);
  expect(heapInUse() - before.heap).toBeLessThan(HEAP_SLACK);
  expect(process.memoryUsage.rss() - before.resident).toBeLessThan(RESIDENT_SLACK);
}
