import { expect, it } from 'vitest';
import { renderVmList } from '../../src/cli/vm-text.ts';
import type { VmView } from '../../src/web/operator.ts';
import { anInstall, aVm } from '../fakes/operator.ts';

const load = { state: 'stopped', cpu: null, memoryMiB: null, upSeconds: null, restarts: 0, recent: [] };

it.each<[string, Partial<VmView>, string]>([
  ['a VM without an install', { install: null }, 'never installed'],
  ['one that came with a system', { install: null, installed: true }, 'installed'],
  ['that one, seen on its host', { install: null, installed: true, load }, 'stopped'],
  [
    'an install under way, whatever the host says',
    { install: anInstall({ state: 'booting' }), load },
    'booting',
  ],
  ['an installed VM', { install: anInstall({ state: 'running' }) }, 'running'],
  ['an installed VM that was stopped', { install: anInstall({ state: 'running' }), load }, 'stopped'],
])('the list shows the state of %s', (_, change, state) => {
  expect(renderVmList([aVm({ installed: false, load: null, ...change })]).trimEnd()).toMatch(
    new RegExp(` ${state}$`),
  );
});
