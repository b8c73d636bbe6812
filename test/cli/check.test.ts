import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkCommand } from '../../src/cli/check.ts';
import { run } from './run.ts';

const EXAMPLE = 'examples/puffboot.toml';

describe('puffboot check', () => {
  let directory: string;
  let bad: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-check-'));
    bad = join(directory, 'bad.toml');
    await writeFile(bad, 'node = 1\n[web]\nprot = 80\n');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('says that the file is right', async () => {
    expect(await run(checkCommand(), '-f', EXAMPLE)).toEqual({
      stdout: `${EXAMPLE}: ok, 3 hosts, 1 subnet\n`,
      exitCode: undefined,
    });
  });

  it('throws every mistake, for the program to print', async () => {
    await expect(run(checkCommand(), '-f', bad)).rejects.toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: [
          `${bad} has 4 mistakes`,
          `${bad}:1: node: expected a name of letters, digits, dots and hyphens (found 1)`,
          `${bad}:1: subnets: expected one or more [[subnets]] tables (found nothing)`,
          `${bad}:1: hosts: expected one or more [[hosts]] tables (found nothing)`,
          `${bad}:3: web.prot: unknown key; did you mean port?`,
        ].join('\n'),
      }),
    );
  });

  it('prints JSON', async () => {
    const good = await run(checkCommand(), '-f', EXAMPLE, '--json');
    expect(JSON.parse(good.stdout)).toEqual({ file: EXAMPLE, ok: true, hosts: 3, subnets: 1, mistakes: [] });
    const { stdout, exitCode } = await run(checkCommand(), '-f', bad, '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      file: bad,
      ok: false,
      mistakes: [
        { line: 1, key: 'node' },
        { line: 1, key: 'subnets' },
        { line: 1, key: 'hosts' },
        { line: 3, key: 'web.prot', message: 'unknown key; did you mean port?' },
      ],
    });
  });

  it('checks the table of prompts that it names', async () => {
    const [good, table] = [join(directory, 'good.toml'), join(directory, 'prompts.toml')];
    const text = (await readFile(EXAMPLE, 'utf8')).replace(/^prompts = .*/m, `prompts = "${table}"`);
    await writeFile(good, text);
    expect((await run(checkCommand(), '-f', good)).stdout).toMatch(/: ok, /);
    await writeFile(table, 'name = "ours"\nreleases = "7.6"\n');
    const { stdout, exitCode } = await run(checkCommand(), '-f', good, '--json');
    expect([exitCode, JSON.parse(stdout).mistakes]).toEqual([
      1,
      [{ line: null, key: 'console.prompts', message: expect.stringContaining('prompts.toml') }],
    ]);
    await writeFile(table, 'name = "ours"\nreleases = "seen 7.6"\n');
    expect((await run(checkCommand(), '-f', good)).stdout).toMatch(/: ok, /);
  });

  it('names the file that is missing', async () => {
    await expect(run(checkCommand(), '-f', join(directory, 'nix'))).rejects.toThrowError(
      expect.objectContaining({
        code: 'CONFIG_MISSING',
        message: expect.stringContaining(join(directory, 'nix')),
      }),
    );
  });
});
