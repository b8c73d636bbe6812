import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { commandsOf } from '../../../src/host/plan/step.ts';

const TEXT = 'ssh-ed25519 AAAA puffy@example\nssh-ed25519 BBBB größe\n';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'puffboot-keys-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** What su(1) would have a shell do, by a real one. */
function writeKeys(sent: string): number | null {
  const [command] = commandsOf({ kind: 'keys', login: 'puffy', text: TEXT, count: 2 });
  const script = command?.argv.at(-1) ?? '';
  return spawnSync('/bin/sh', ['-c', script], { input: sent, env: { ...process.env, HOME: home } }).status;
}

it('replaces the keys of a login, for nobody else to read', () => {
  expect(writeKeys(TEXT)).toBe(0);
  expect(readFileSync(join(home, '.ssh/authorized_keys'), 'utf8')).toBe(TEXT);
  expect(readdirSync(join(home, '.ssh'))).toEqual(['authorized_keys']);
});

it.each([
  ['nothing', ''],
  ['half', TEXT.slice(0, 20)],
])('keeps the old ones where %s of the new arrives, because puffboot died while it sent them', (_, sent) => {
  writeKeys(TEXT);
  expect(writeKeys(sent)).not.toBe(0);
  expect(readFileSync(join(home, '.ssh/authorized_keys'), 'utf8')).toBe(TEXT);
});
