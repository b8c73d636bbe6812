import { expect, it } from 'vitest';
import { gatherer } from '../../src/common/gatherer.ts';
import { FakeClock } from '../fakes/clock.ts';

it.each([
  { name: 'one alone goes at once', added: [[0, 'a']], sent: [[0, 'a']] },
  {
    name: 'what follows soon goes together, in its order',
    added: [
      [0, 'a'],
      [1, 'b'],
      [4, 'c'],
      [6, 'd'],
    ],
    sent: [
      [0, 'a'],
      [5, 'bc'],
      [10, 'd'],
    ],
  },
  {
    name: 'after a rest the next goes at once again',
    added: [
      [0, 'a'],
      [20, 'b'],
    ],
    sent: [
      [0, 'a'],
      [20, 'b'],
    ],
  },
] as const)('$name', ({ added, sent }) => {
  const clock = new FakeClock();
  const seen: (readonly [number, string])[] = [];
  const { add } = gatherer<string>((items) => seen.push([clock.now(), items.join('')]), clock);
  for (const [at, item] of added) {
    clock.advance(at - clock.now());
    add(item);
  }
  clock.advance(100);
  expect(seen).toEqual(sent);
  expect(clock.pending).toBe(0);
});

it('sends at once what waits when it is told to, and nothing twice', () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const { add, flush } = gatherer<string>((items) => seen.push(items.join('')), clock);
  for (const item of ['a', 'b', 'c']) add(item);
  flush();
  flush();
  clock.advance(100);
  expect(seen).toEqual(['a', 'bc']);
});
