import type { Install } from '../../src/install/install.ts';

/** An install to which nothing has happened yet. */
export const FRESH: Install = {
  id: 'a1',
  vm: 'web1',
  host: 'host1',
  mode: 'install',
  way: 'auto',
  state: 'defined',
  token: 'secret',
  node: 'local',
  claim: 'c1',
  phases: [{ name: 'defined', at: 0 }],
  witnesses: { congratulations: null, setsServed: null, installDone: null, login: null },
  failure: null,
  recording: 'web1-a1',
  freshDisk: false,
};
