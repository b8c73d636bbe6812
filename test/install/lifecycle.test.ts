import { describe, expect, it } from 'vitest';
import {
  ENDED,
  INSTALL_STATES,
  type Install,
  type InstallState,
  WAITING,
} from '../../src/install/install.ts';
import { ARMED_STATES, type InstallEvent, ON_RESUME, step } from '../../src/install/lifecycle.ts';
import { FRESH as fresh } from '../fakes/install.ts';

const GOOD: readonly InstallEvent[] = [
  { kind: 'begin' },
  { kind: 'prepared', freshDisk: false },
  { kind: 'started' },
  { kind: 'answered' },
  { kind: 'performing' },
  { kind: 'sets-served' },
  { kind: 'congratulations' },
  { kind: 'login' },
];

const FAIL: InstallEvent = { kind: 'fail', reason: 'the disk is gone', tail: '# ' };

function run(install: Install, events: readonly InstallEvent[]): Install {
  return events.reduce((now, event, index) => step(now, event, index + 1)[0], install);
}

const at = (state: InstallState, change: Partial<Install> = {}): Install => ({ ...fresh, ...change, state });

describe('the good way', () => {
  it('leads from defined to running, and every state is stamped', () => {
    const end = run(fresh, GOOD);
    expect(end.phases).toEqual([
      { name: 'defined', at: 0 },
      { name: 'preparing', at: 1 },
      { name: 'armed', at: 2 },
      { name: 'booting', at: 3 },
      { name: 'answering', at: 4 },
      { name: 'installing', at: 5 },
      { name: 'rebooting', at: 7 },
      { name: 'running', at: 8 },
    ]);
    expect(end.witnesses).toEqual({ setsServed: 6, congratulations: 7, login: 8, installDone: null });
  });

  it('pushes the catalog before the VM starts, and again as soon as the installer is done', () => {
    const effects = GOOD.map((event, index) => step(run(fresh, GOOD.slice(0, index)), event, 1)[1]);
    expect(effects).toEqual([['prepare'], ['push', 'start'], [], [], [], [], ['push'], ['hold', 'push']]);
  });

  it('serves response files from armed to installing and never after', () => {
    expect([...ARMED_STATES]).toEqual(['armed', 'booting', 'retrying', 'answering', 'installing']);
  });
});

const OPEN = INSTALL_STATES.filter((state) => !ENDED.has(state));

describe.each(OPEN)('in %s', (state) => {
  it('a failure ends it with phase, reason and a way to go on', () => {
    const [install, effects] = step(at(state), FAIL, 9);
    expect(install.state).toBe('failed');
    expect(install.failure).toMatchObject({ phase: state, reason: 'the disk is gone', tail: '# ' });
    expect(install.failure?.next).toContain('puffboot install web1');
    expect(effects).toEqual(['release', 'push']);
  });

  it('cancel lets the console go, and stops the VM once something was done with it', () => {
    const [install, effects] = step(at(state), { kind: 'cancel' }, 9);
    expect([install.state, effects]).toEqual([
      'cancelled',
      WAITING.has(state) ? ['release', 'push'] : ['release', 'kill', 'push'],
    ]);
  });

  it('a failure that is seen is noted until it ends the install, is mended, or the install goes on', () => {
    const [failing, effects] = step(at(state), { kind: 'failing', reason: 'no space' }, 9);
    expect([failing.state, failing.failure?.reason, effects]).toEqual([state, 'no space', []]);
    expect(failing.failure?.next).toMatch(/^wait: /);
    expect(step(failing, FAIL, 10)[0].failure).toMatchObject({ phase: state, reason: 'the disk is gone' });
    const mended = [{ kind: 'failing', reason: null }, { kind: 'cancel' }, ...GOOD] as const;
    for (const event of mended) {
      const [next] = step(failing, event, 10);
      const went = next.state !== state || event.kind === 'failing';
      if (next.state !== 'failed') expect([event.kind, next.failure === null]).toEqual([event.kind, went]);
    }
    const open = at(state);
    expect(step(open, { kind: 'failing', reason: null }, 10)[0]).toBe(open);
  });

  it('an event out of place changes no state', () => {
    const [install, effects] = step(at(state), { kind: 'prepared', freshDisk: true }, 9);
    if (state !== 'preparing') expect([install.state, effects]).toEqual([state, []]);
  });

  it('a restart has something to do unless nothing was begun', () => {
    expect(ON_RESUME[state].length > 0).toBe(!WAITING.has(state));
  });
});

describe.each([...ENDED])('after %s', (state) => {
  it.each([...GOOD, FAIL, { kind: 'cancel' } as const])('$kind changes no state', (event) => {
    expect(step(at(state), event, 9)).toMatchObject([{ state }, []]);
  });
});

describe('login: after a gap in which nobody watched', () => {
  const seen = { congratulations: 1, setsServed: null, installDone: null, login: null };
  it.each([
    ['a disk that held nothing before', { freshDisk: true }, 'running'],
    ['CONGRATULATIONS seen before the gap', { witnesses: seen }, 'running'],
    [
      'install-done at boot HTTP',
      { witnesses: { ...seen, congratulations: null, installDone: 3 } },
      'running',
    ],
    [
      'sets served, but an old disk',
      { witnesses: { ...seen, congratulations: null, setsServed: 3 } },
      'failed',
    ],
    ['nothing at all', {}, 'failed'],
  ])('with %s', (_, change, expected) => {
    const [install] = step(at('installing', change), { kind: 'login' }, 9);
    expect(install.state).toBe(expected);
    expect(install.failure?.reason ?? 'none').toMatch(expected === 'failed' ? /^outcome unseen/ : /^none$/);
  });
});
