import { describe, expect, it } from 'vitest';
import { markup } from '../../src/web/html.ts';
import { graphData, loadCell, loadFacts, sparkline, upTime } from '../../src/web/telemetry-view.ts';

const LOAD = {
  state: 'running',
  cpu: 7.25,
  memoryMiB: 511.6,
  upSeconds: 3700,
  restarts: 2,
  recent: [0, 50, null, 100, 7.25],
};

describe('the activity of a VM', () => {
  it.each([
    ['nobody has looked', null, 'not seen yet'],
    ['it is stopped', { ...LOAD, state: 'stopped', cpu: null }, 'stopped'],
    ['it runs', LOAD, '7.3%'],
  ])('in the list, when %s', (_, load, text) => {
    expect(markup(loadCell(load))).toContain(text);
  });

  it.each([
    ['a gap lifts the pen', LOAD.recent, 'M0 24L2 12M6 0L8 22.3'],
    ['several CPUs are a higher scale', [400, 100], 'M0 0L2 18'],
    ['nothing is no line', [], ''],
  ])('%s', (_, recent, path) => {
    expect(markup(sparkline(recent))).toContain(`<path d="${path}"/>`);
  });

  it('on its page says what is known, and no more', () => {
    const text = markup(loadFacts(LOAD));
    for (const word of ['running', '7.3%', '512 MiB', '1 h 1 min', '<dd>2</dd>'])
      expect(text).toContain(word);
    expect(markup(loadFacts({ ...LOAD, cpu: null, memoryMiB: null, upSeconds: null }))).not.toContain('CPU');
    expect(markup(loadFacts(undefined))).toContain('telemetry is off');
  });

  it.each([
    [59, '0 min'],
    [3_700, '1 h 1 min'],
    [273_600, '3 d 4 h'],
  ])('%d s are %s', (seconds, text) => {
    expect(upTime(seconds)).toBe(text);
  });

  it('has a gap in its graph where nobody looked', () => {
    const samples = {
      intervalSeconds: 10,
      at: [10_000, 20_000, 80_000],
      cpu: [1, null, 3],
      memoryMiB: [4, 5, 6],
    };
    expect(graphData(samples)).toEqual([
      [10, 20, 50, 80],
      [1, null, null, 3],
      [4, 5, null, 6],
    ]);
  });
});
