import { describe, expect, it } from 'vitest';
import { html, markup } from '../../src/web/html.ts';
import { webVm } from '../../src/web/message.ts';
import { duration, stepsOf } from '../../src/web/phase.ts';
import { consolePage, listPage, noticePage, sortVms } from '../../src/web/view.ts';
import { anInstall, aVm } from '../fakes/operator.ts';

const HOSTILE = `<img src=x onerror="alert(1)">'&`;

describe('html', () => {
  it.each([
    ['text', 'a<b>"c"\'d\'&', 'a&#60;b&#62;&#34;c&#34;&#39;d&#39;&#38;'],
    ['markup', html`<b>${'<'}</b>`, '<b>&#60;</b>'],
    ['a list', ['<', html`<i></i>`], '&#60;<i></i>'],
    ['a number', 7, '7'],
    ['nothing', null, ''],
  ])('takes %s as a part', (_, part, expected) => {
    expect(markup(html`${part}`)).toBe(expected);
  });

  it('takes nothing that came out of JSON for markup', () => {
    const forged = JSON.parse('{"Symbol(markup)":"<b>","markup":"<b>"}');
    expect(() => markup(html`${forged}`)).toThrow();
  });
});

describe('pages', () => {
  const failure = {
    phase: 'booting',
    reason: HOSTILE,
    tail: HOSTILE,
    next: HOSTILE,
    noEvidence: HOSTILE,
  } as const;
  const progress = { stage: 'fetch', file: HOSTILE, percent: 12.4 } as const;
  const hostile = webVm(
    aVm({
      name: HOSTILE,
      host: HOSTILE,
      owner: HOSTILE,
      install: anInstall({ state: 'failed', failure, progress }),
    }),
  );

  it.each([
    ['list', listPage([hostile], 0)],
    ['console page', consolePage(hostile, 0)],
    ['notice', noticePage(HOSTILE, HOSTILE)],
  ])('the %s shows markup in values as text', (_, text) => {
    expect(text).not.toContain('<img src=x');
    expect(text).toContain('&#60;img');
  });

  it('a failure says why the machine could not be asked', () => {
    const failure = {
      phase: 'booting',
      reason: 'x',
      tail: '',
      next: 'y',
      noEvidence: 'it rebooted',
    } as const;
    const page = consolePage(webVm(aVm({ install: anInstall({ state: 'failed', failure }) })), 0);
    expect(page).toContain('nothing: it rebooted');
  });

  it('the empty list says how to add a VM', () => {
    const text = listPage([], 0);
    expect(text).toContain('puffboot vm add');
    expect(text).toContain('0 VMs');
  });

  it('the list says state, file and percentage in words', () => {
    const text = listPage(
      [
        webVm(
          aVm({ install: anInstall({ progress: { stage: 'install', file: 'base76.tgz', percent: 45 } }) }),
        ),
      ],
      0,
    );
    for (const word of [
      'web1',
      'vmd1',
      '192.0.2.10',
      '7.6',
      'installing',
      'unpacking',
      'base76.tgz',
      '45%',
    ]) {
      expect(text).toContain(word);
    }
  });

  it('no ssh key gets out, because its comment may be a secret', () => {
    const vm = webVm(aVm());
    expect(JSON.stringify(vm) + listPage([vm], 0) + consolePage(vm, 0)).not.toContain('secret-comment');
  });

  it('VMs are in the order of host and number', () => {
    const vms = [aVm({ host: 'b', id: 1 }), aVm({ host: 'a', id: 10 }), aVm({ host: 'a', id: 2 })];
    expect(sortVms(vms).map(({ host, id }) => `${host}${id}`)).toEqual(['a2', 'a10', 'b1']);
  });
});

describe('steps', () => {
  const phases = [
    { name: 'preparing', at: 1000 },
    { name: 'armed', at: 3000 },
  ] as const;

  it('those taken have their times, those ahead have none', () => {
    const steps = stepsOf(anInstall({ state: 'armed', phases }), 8000);
    expect(steps.slice(0, 3)).toEqual([
      { name: 'preparing', kind: 'done', spent: 2000 },
      { name: 'armed', kind: 'now', spent: 5000 },
      { name: 'booting', kind: 'ahead', spent: null },
    ]);
    expect(steps.at(-1)?.name).toBe('running');
  });

  it('the phase that failed is marked, and nothing is ahead', () => {
    const failed = [...phases, { name: 'failed', at: 4000 } as const];
    const steps = stepsOf(anInstall({ state: 'failed', phases: failed }), 8000);
    expect(steps.map(({ name, kind, spent }) => [name, kind, spent])).toEqual([
      ['preparing', 'done', 2000],
      ['armed', 'failed', 1000],
      ['failed', 'failed', null],
    ]);
  });

  it.each([
    [-5, '0:00'],
    [7_900, '0:07'],
    [754_000, '12:34'],
    [3_723_000, '1:02:03'],
  ])('%d ms are %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});
