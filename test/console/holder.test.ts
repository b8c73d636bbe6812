import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GRACE_SECONDS,
  type HolderEffect,
  type HolderEvent,
  type Holding,
  IDLE_SECONDS,
  MOST_UNSENT,
  startHolding,
  stepHolding,
} from '../../console/holder.ts';
import { MANNERS } from '../../console/manner.ts';

const take = (id: string, at = 0, over = false): HolderEvent => ({ kind: 'take', id, name: id, over, at });
const give = (id: string, at = 0): HolderEvent => ({ kind: 'give', id, at });
const keys = (id: string, text: string, at = 0): HolderEvent => ({ kind: 'keys', id, text, at });
const lost = (id: string, at = 0): HolderEvent => ({ kind: 'lost', id, at });
const driver = (text: string, at = 0): HolderEvent => ({ kind: 'driver', text, at });
const tick = (at: number): HolderEvent => ({ kind: 'tick', at });

function run(events: readonly HolderEvent[], from: Holding = startHolding(MANNERS.vmd)) {
  const effects: HolderEffect[] = [];
  let holding = from;
  for (const event of events) {
    const [next, said] = stepHolding(holding, event);
    holding = next;
    effects.push(...said);
  }
  const written = effects.map((effect) => (effect.kind === 'write' ? effect.text : '')).join('');
  return { holding, effects, written, holder: holding.holder?.id ?? null };
}

describe('a line', () => {
  it.each<[string, HolderEvent[], string | null]>([
    ['is the driver’s at first', [driver('a')], null],
    ['is taken', [take('anna')], 'anna'],
    ['is not taken from another human unawares', [take('anna'), take('bob')], 'anna'],
    ['is taken over on purpose', [take('anna'), take('bob', 1, true)], 'bob'],
    ['is given back', [take('anna'), give('anna')], null],
    ['is not given back by somebody else', [take('anna'), give('bob')], 'anna'],
    [
      'is kept for whoever lost his connection',
      [take('anna'), lost('anna'), tick(GRACE_SECONDS - 1)],
      'anna',
    ],
    ['is found again by him', [take('anna'), lost('anna'), take('anna', 9), tick(GRACE_SECONDS)], 'anna'],
    ['is given back when he does not come', [take('anna'), lost('anna'), tick(GRACE_SECONDS)], null],
    ['is given back by whoever has gone home', [take('anna'), tick(IDLE_SECONDS)], null],
    ['stays his who types', [take('anna'), keys('anna', 'x', 60), tick(IDLE_SECONDS)], 'anna'],
  ])('%s', (_, events, holder) => {
    expect(run(events).holder).toBe(holder);
  });

  it('says who is refused, and why', () => {
    const { effects } = run([
      take('anna'),
      take('bob'),
      keys('bob', 'x'),
      keys('anna', 'y'.repeat(MOST_UNSENT + 1)),
    ]);
    expect(effects.filter(({ kind }) => kind === 'refused')).toEqual([
      { kind: 'refused', id: 'bob', because: 'held' },
      { kind: 'refused', id: 'bob', because: 'not-holding' },
      { kind: 'refused', id: 'anna', because: 'too-much' },
    ]);
  });

  it('tells the driver once, however many humans follow each other', () => {
    const { effects } = run([take('anna'), take('bob', 1, true), give('bob', 2)]);
    expect(effects.map(({ kind }) => kind)).toEqual(['taken', 'left', 'left', 'given']);
  });

  it.each([
    ['half an answer of the driver is killed', 'ht', '\x15\x15'],
    ['nothing is killed behind the driver’s RETURN', 'http\r', ''],
    ['nothing is killed where the driver has killed it', 'ht\x15\x15', ''],
    ['nothing is killed before anything was typed', '', ''],
  ])('%s', (_, typed, killed) => {
    const before = typed === '' ? [] : [driver(typed)];
    expect(run([...before, take('anna')]).written).toBe(typed + killed);
  });

  it('keeps what a human had begun when he takes it again', () => {
    expect(run([take('anna'), keys('anna', 'yes'), give('anna', 1), take('anna', 2)]).written).toBe('yes');
  });

  it('drops what the driver writes while a human holds it', () => {
    expect(run([take('anna'), driver('a\r'), give('anna'), driver('b')]).written).toBe('b');
  });

  it.each([
    ['~. at the start', '~.', '~~.'],
    ['~. behind a RETURN', 'x\r~.\r', 'x\r~~.\r'],
    ['a tilde within a line', 'a~.', 'a~.'],
    ['~~ behind a RETURN', '\r~~', '\r~~~'],
  ])('cu(1) sees nothing in %s', (_, typed, written) => {
    expect(run([take('anna'), keys('anna', typed), tick(1)]).written).toBe(written);
  });

  it('heeds a RETURN of the driver for the tilde of a human', () => {
    expect(run([driver('a'), driver('\r'), take('anna'), keys('anna', '~.')]).written).toBe('a\r~~.');
  });

  it('does not double tildes where no cu(1) stands before the line', () => {
    const qemu = startHolding(MANNERS.qemu);
    expect(run([take('anna'), keys('anna', '~.')], qemu).written).toBe('~.');
  });

  it('takes a paste in bursts, and is given back only behind the last of them', () => {
    const paste = `${'x'.repeat(40)}\r`;
    let { holding, effects } = run([take('anna'), keys('anna', paste), give('anna')]);
    const bursts: HolderEffect[] = [...effects];
    for (let guard = 0; holding.holder !== null && guard < 10; guard += 1) {
      ({ holding, effects } = run([tick(holding.wakeAt ?? 0)], holding));
      bursts.push(...effects);
    }
    expect(bursts.flatMap((effect) => (effect.kind === 'write' ? effect.text.length : []))).toEqual([
      16, 16, 9,
    ]);
    expect(bursts.at(-1)).toEqual({ kind: 'given', lastKey: '\r' });
  });

  it('lets the driver write only while nobody else holds it, and loses no key, whatever happens', () => {
    const id = fc.constantFrom('anna', 'bob');
    const text = fc.string({ minLength: 1, maxLength: 40 });
    const event = fc.oneof(
      fc.record({ kind: fc.constant('take' as const), id, over: fc.boolean() }),
      fc.record({ kind: fc.constantFrom('give' as const, 'lost' as const), id }),
      fc.record({ kind: fc.constant('keys' as const), id, text }),
      fc.record({ kind: fc.constant('driver' as const), text }),
      fc.record({ kind: fc.constant('tick' as const), after: fc.integer({ min: 0, max: 40 }) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let holding = startHolding(MANNERS.qemu);
        let at = 0;
        for (const one of events) {
          at += one.kind === 'tick' ? one.after : 0.001;
          const held = holding.holder;
          const [next, effects] = stepHolding(holding, { name: 'x', ...one, at } as HolderEvent);
          const written = effects.flatMap((effect) => (effect.kind === 'write' ? effect.text : []));
          const typed = effects.flatMap((effect) => (effect.kind === 'typed' ? effect.text : []));
          if (one.kind === 'driver' && held !== null && next.holder === held) {
            expect(written.join('')).toBe(typed.join(''));
          }
          expect(next.unsent === '' || next.holder !== null).toBe(true);
          expect(next.wakeAt === null).toBe(next.holder === null);
          holding = next;
        }
      }),
    );
  });
});
