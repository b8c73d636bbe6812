import { describe, expect, it } from 'vitest';
import type { Effect } from '../../console/dialogue.ts';
import type { ConsoleReport } from '../../console/report.ts';
import {
  consoleEventOf,
  consoleFailure,
  consoleRefusal,
  questionOf,
} from '../../src/install/console-event.ts';

const phase = (name: Extract<Effect, { kind: 'phase' }>['name']): Effect => ({ kind: 'phase', name, at: 1 });

describe('what a console says, as an event of the lifecycle', () => {
  it.each([
    ['the search for the response file', phase('response-file'), { kind: 'answered' }],
    ['the first question', phase('questions'), { kind: 'performing' }],
    ['CONGRATULATIONS', phase('done'), { kind: 'congratulations' }],
    ['the login prompt', phase('login'), { kind: 'login' }],
    ['a phase that changes nothing', phase('sets-fetch'), null],
    ['the release that is wanted', { kind: 'release', release: '7.6' } as const, null],
    [
      'another release',
      { kind: 'release', release: '7.5' } as const,
      { kind: 'fail', reason: 'booted 7.5, wants 7.6' },
    ],
  ])('%s', (_, effect, expected) => {
    const event = consoleEventOf(effect, '7.6');
    if (expected === null) expect(event).toBeNull();
    else expect(event).toMatchObject(expected);
  });
});

describe('a prompt', () => {
  const prompt = { kind: 'prompt', at: 1, name: 'site', text: 'Which colour?', answer: null } as const;
  it.each([
    ['that nothing answers asks people', prompt, 'Which colour?'],
    ['that was answered asks nobody', { ...prompt, answer: 'blue' }, null],
    ['for a login asks nobody', { ...prompt, name: 'login', text: 'login:' }, null],
  ])('%s', (_, effect, expected) => expect(questionOf(effect)).toBe(expected));
});

describe('a drive that ended', () => {
  const report: ConsoleReport = {
    outcome: 'incomplete',
    reason: null,
    release: '7.6',
    prompts: [],
    phases: [],
  };
  it.each([
    ['installed', { ...report, outcome: 'installed' as const }, null],
    ['upgraded', { ...report, outcome: 'upgraded' as const }, null],
    ['at a login prompt that the lifecycle judges', { ...report, phases: [{ name: 'login', at: 1 }] }, null],
    ['failed', { ...report, outcome: 'failed' as const, reason: 'no such disk' }, 'no such disk'],
    ['before its end', report, 'the console ended before the install did'],
  ])('%s', (_, ended, reason) => {
    expect(consoleFailure(ended, 'tail')?.reason ?? null).toBe(reason);
  });
});

it.each([
  [
    'somebody else',
    'cu: open("/dev/ttyp3"): Device busy\r\n',
    'somebody else holds the console of web1: cu(1) or vmctl(8) on its host has /dev/ttyp3 open',
  ],
  ['a VM that does not run', 'vmctl: console not found\r\n', 'web1 has no console now: it does not run'],
  ['other words', 'vmctl: no such\r\nthing\r\n', 'the console of web1 ended at once: vmctl: no such thing'],
  ['nothing', '', 'the console of web1 ended at once'],
])('a console that is refused by %s says so in plain words', (_, said, words) => {
  expect(consoleRefusal('web1', said)).toBe(words);
});
