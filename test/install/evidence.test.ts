import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEvidence } from '../../src/install/io/evidence.ts';
import type { InstallView } from '../../src/web/operator.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-evidence-'));
  await mkdir(join(directory, 'recordings'));
  await writeFile(join(directory, 'secret'), 'not for the web');
  await writeFile(join(directory, 'recordings/web1-0123456789abcdef.evidence.txt'), 'dmesg\n');
});
afterAll(() => rm(directory, { recursive: true }));

const failed = (evidence?: string): InstallView => ({
  id: '0123456789abcdef',
  mode: 'install',
  state: 'failed',
  phases: [],
  progress: null,
  queue: null,
  question: null,
  failure: {
    phase: 'installing',
    reason: 'x',
    tail: '',
    next: '',
    ...(evidence === undefined ? {} : { evidence }),
  },
  live: false,
});

it.each([
  ['the file that the install names', failed('web1-0123456789abcdef.evidence.txt'), 'dmesg\n'],
  ['nothing of a VM that was never installed', null, null],
  ['nothing where the machine could not be asked', failed(), null],
  ['nothing where the file is gone', failed('web1-fedcba9876543210.evidence.txt'), null],
  ['nothing beside the recordings', failed('../secret'), null],
])('reads %s', async (_, install, expected) => {
  expect(await readEvidence(join(directory, 'recordings'), install)).toBe(expected);
});
