import { describe, expect, it } from 'vitest';
import type { Install } from '../../src/install/install.ts';
import { openQueue } from '../../src/install/io/line-up.ts';
import { lineUp, mayBegin, placesOf, type Turn } from '../../src/install/queue.ts';
import { FRESH } from '../fakes/install.ts';

/** `a1 b1*7 -c1@3`: VMs by owner and number; `*7` works since 7, `@3` is over and began at 3, else it waits. */
function turns(text: string, host = 'vmm1'): readonly Turn[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word): Turn => {
      const [, vm = '', owner = '', mark = '', at = ''] = /^(([a-z]|-)\d+)([*@]?)(\d*)$/.exec(word) ?? [];
      const stage = mark === '*' ? 'working' : mark === '@' ? 'over' : 'waiting';
      return { vm, host, owner: owner === '-' ? null : owner, stage, begunAt: at === '' ? null : Number(at) };
    });
}

describe('the order of a queue', () => {
  it.each([
    ['nobody waits', '', ''],
    ['one owner: as asked', 'a1 a2 a3', 'a1 a2 a3'],
    ['two owners take turns', 'a1 a2 a3 b1 b2', 'a1 b1 a2 b2 a3'],
    ['an owner with many does not hold up one with few', 'a1 a2 a3 a4 a5 a6 b1', 'a1 b1 a2 a3 a4 a5 a6'],
    ['what is under way counts', 'a1*1 a2*2 a3 a4 b1 b2 b3', 'b1 b2 a3 b3 a4'],
    ['of owners with the same under way, who was served longest ago', 'a1@9 b1@5 a2 b2', 'b2 a2'],
    ['with one place and a longer line, the last one served comes later', 'a1@1 a2 a3 b1 b2', 'b1 a2 b2 a3'],
    ['VMs without an owner are one owner', '-1 -2 a1 -3', '-1 a1 -2 -3'],
    ['ended installs wait for nothing', 'a1@1 b1@2', ''],
  ])('%s', (_, given, expected) => {
    expect(lineUp(turns(given), 'vmm1').join(' ')).toBe(expected);
  });

  it('is one for each host', () => {
    const all = [...turns('a1 a2'), ...turns('b1', 'vmm2')];
    expect([lineUp(all, 'vmm1'), lineUp(all, 'vmm2'), lineUp(all, 'vmm3')]).toEqual([
      ['a1', 'a2'],
      ['b1'],
      [],
    ]);
  });

  it('lets every owner have the same share in the end, whoever asked first', () => {
    const line = lineUp(turns([1, 2, 3].flatMap((n) => ['a', 'b', 'c'].map((o) => o + n)).join(' ')), 'vmm1');
    for (let at = 0; at < 9; at += 3)
      expect(line.slice(at, at + 3).sort()).toMatchObject(
        [/a/, /b/, /c/].map((o) => expect.stringMatching(o)),
      );
  });

  it.each([
    ['as many as there are places', 'a1 a2 a3', 2, 'a1 a2'],
    ['none while all places are taken', 'a1*1 a2*2 a3', 2, ''],
    ['none too many after the limit was lowered', 'a1*1 a2*2 a3*3 a4', 2, ''],
    ['none on a host that may work on none', 'a1', 0, ''],
  ])('%s may begin', (_, given, limit, expected) => {
    expect(mayBegin(turns(given), 'vmm1', limit).join(' ')).toBe(expected);
  });

  it('tells each VM where it stands', () => {
    expect(placesOf(turns('a1*1 a2 b1'), 'vmm1', 1)).toEqual([
      ['b1', { position: 1, waiting: 2, working: 1, limit: 1 }],
      ['a2', { position: 2, waiting: 2, working: 1, limit: 1 }],
    ]);
  });
});

describe('the queue of a process', () => {
  const install = (vm: string, change: Partial<Install> = {}): Install => ({
    ...FRESH,
    id: vm,
    vm,
    host: 'h',
    ...change,
  });
  const preparing = (vm: string, at: number): Install =>
    install(vm, { state: 'preparing', phases: [...FRESH.phases, { name: 'preparing', at }] });

  it('begins what has a place, and the next one when a place is free', () => {
    const begun: string[] = [];
    const queue = openQueue(() => 2);
    for (const vm of ['a', 'b', 'c', 'd']) queue.enter(install(vm), null, () => begun.push(vm));
    expect([begun, queue.placeOf('d')?.position, queue.placeOf('a')]).toEqual([['a', 'b'], 2, null]);
    queue.moved(preparing('a', 5));
    expect(begun).toEqual(['a', 'b']);
    queue.moved({ ...preparing('a', 5), state: 'running' });
    expect([begun, queue.placeOf('d')?.position]).toEqual([['a', 'b', 'c'], 1]);
  });

  it('has an installer that was left standing wait for a place as well', () => {
    const begun: string[] = [];
    const queue = openQueue(() => 1);
    queue.enter(preparing('a', 1), null, () => begun.push('a'));
    queue.enter(install('b', { state: 'standing' }), null, () => begun.push('b'));
    expect([begun, queue.placeOf('b')]).toEqual([[], { position: 1, waiting: 1, working: 1, limit: 1 }]);
    queue.moved({ ...preparing('a', 1), state: 'running' });
    queue.moved(install('b', { state: 'retrying' }));
    queue.enter(install('c'), null, () => begun.push('c'));
    expect(begun).toEqual(['b']);
  });

  it('gives no place to what was cancelled while it waited, and none twice', () => {
    const begun: string[] = [];
    const queue = openQueue(() => 1);
    for (const vm of ['a', 'b', 'c']) queue.enter(install(vm), null, () => begun.push(vm));
    queue.moved(install('b', { state: 'cancelled' }));
    queue.moved({ ...preparing('a', 5), state: 'failed' });
    expect([begun, queue.placeOf('b')]).toEqual([['a', 'c'], null]);
  });

  it('is deaf to an earlier install of the same VM', () => {
    const queue = openQueue(() => 1);
    queue.enter(preparing('a', 1), null, () => undefined);
    queue.enter(install('b', { id: 'second' }), null, () => undefined);
    queue.moved(install('b', { id: 'first', state: 'cancelled' }));
    expect(queue.placeOf('b')?.position).toBe(1);
  });

  it('remembers who was served before it', () => {
    const begun: string[] = [];
    const queue = openQueue(() => 1);
    queue.remember(install('old', { state: 'running', phases: preparing('old', 9).phases }), 'alice');
    queue.enter(preparing('busy', 3), 'carol', () => undefined);
    queue.enter(install('of-alice'), 'alice', () => begun.push('of-alice'));
    queue.enter(install('of-bob'), 'bob', () => begun.push('of-bob'));
    queue.moved(install('busy', { state: 'failed' }));
    expect(begun).toEqual(['of-bob']);
  });
});
