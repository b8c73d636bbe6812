import { describe, expect, it } from 'vitest';
import { withFlags } from '../../../src/host/plan/flags.ts';
import { vmConfBlock } from './scene.ts';

const flags = (rows: Readonly<Record<string, boolean>>) => new Map(Object.entries(rows));
const mine = 'vm "mine" {\n\tdisable\n}\n';
const conf = (web1: boolean, web2: boolean) =>
  `${mine}${vmConfBlock({ web1: { enabled: web1 }, web2: { enabled: web2 } })}`;

describe('enable and disable in a vm.conf', () => {
  it.each([
    ['one VM', conf(false, false), { web1: true }, conf(true, false)],
    ['both ways', conf(true, false), { web1: false, web2: true }, conf(false, true)],
    ['nothing that is so already', conf(true, false), { web1: true }, null],
    ["nobody else's", conf(false, false), { mine: true }, null],
    ['nothing without a part of its own', mine, { mine: true }, null],
    [
      'nothing in a part that somebody changed',
      conf(false, false).replace('veb0', 'veb1'),
      { web1: true },
      null,
    ],
  ])('changes %s', (_, text, rows, expected) => {
    expect(withFlags(text, '/etc/vm.conf', flags(rows))).toBe(expected);
  });
});
