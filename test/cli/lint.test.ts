import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LintCommandOptions, lintCommand, runLint } from '../../src/cli/lint.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-lint-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function lint(file: string, options: LintCommandOptions = {}) {
  let printed = '';
  const report = runLint(file, options, (text) => {
    printed += text;
  });
  const code = await report.then(
    () => null,
    (error: { code?: string }) => error.code,
  );
  return { printed, code };
}

it('prints each fault with its line and its fix, and fails', async () => {
  const { printed, code } = await lint('fixtures/lint/faulty.conf');
  expect(code).toBe('RESPONSE_FILE_FAULTY');
  await expect(printed).toMatchFileSnapshot('../../fixtures/lint/faulty.txt');
  for (const secret of ['hunter2secret', 'AAAAC3', 'comment-secret', 'zzzzz'])
    expect(printed).not.toContain(secret);
});

it('has nothing to say about a site set that is selected and confirmed', async () => {
  const { printed, code } = await lint('fixtures/lint/site.conf');
  expect(code).toBeNull();
  expect(printed).toBe(
    'fixtures/lint/site.conf: ok (install of OpenBSD 7.6, questions seen on its installer)\n',
  );
});

it('prints one object for a program', async () => {
  const { printed, code } = await lint('fixtures/lint/faulty.conf', { json: true, release: '8.0' });
  expect(code).toBe('RESPONSE_FILE_FAULTY');
  const report = JSON.parse(printed);
  expect(report).toMatchObject({
    ok: false,
    release: '8.0',
    basis: '7.6',
    known: 'unverified',
    mode: 'install',
  });
  expect(Object.keys(report.findings[0]).sort()).toEqual(['fix', 'line', 'rule', 'severity', 'what']);
});

it('takes the mode from the name of the file', async () => {
  const file = join(directory, '52:54:00:12:34:56-upgrade.conf');
  writeFileSync(file, 'HTTP Server = http://192.0.2.1\n');
  const { printed, code } = await lint(file);
  expect({ printed, code }).toEqual({
    printed: `${file}: ok (upgrade of OpenBSD 7.6, questions seen on its installer)\n`,
    code: null,
  });
});

it.each([
  ['a file that is not there', 'none.conf', 'RESPONSE_FILE_MISSING'],
  ['a directory', '.', 'RESPONSE_FILE_MISSING'],
])('refuses %s', async (_, name, expected) => {
  expect((await lint(join(directory, name))).code).toBe(expected);
});

it.each(['seven', '7', '7.6.1'])('refuses the release %s', async (release) => {
  const command = lintCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  await expect(command.parseAsync(['x', '--release', release], { from: 'user' })).rejects.toThrow('7.6');
});
