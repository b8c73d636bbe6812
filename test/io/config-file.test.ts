import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/io/config-file.ts';

const missing = (place: string) =>
  expect.objectContaining({ code: 'CONFIG_MISSING', message: expect.stringContaining(place) });

describe('readConfig', () => {
  const before = process.cwd();
  let directory: string;
  let named: string;
  beforeEach(async () => {
    const example = await readFile('examples/puffboot.toml', 'utf8');
    directory = await mkdtemp(join(tmpdir(), 'puffboot-config-'));
    named = join(directory, 'named.toml');
    await writeFile(named, example.replace('node = "local"', 'node = "named"'));
    await writeFile(join(directory, 'puffboot.toml'), example.replace('node = "local"', 'node = "here"'));
    process.chdir(directory);
  });
  afterEach(async () => {
    process.chdir(before);
    await rm(directory, { recursive: true });
  });

  const nodeOf = async (...arguments_: Parameters<typeof readConfig>) =>
    (await readConfig(...arguments_)).config.node;

  it('reads the file that -f names first', async () => {
    expect(await nodeOf(named, { PUFFBOOT_CONFIG: 'missing.toml' })).toBe('named');
  });

  it('reads the file of the environment next', async () => {
    expect(await nodeOf(undefined, { PUFFBOOT_CONFIG: named })).toBe('named');
  });

  it.each([{}, { PUFFBOOT_CONFIG: '' }])(
    'reads the one in the working directory then, with %j',
    async (env) => {
      expect(await readConfig(undefined, env)).toMatchObject({
        file: './puffboot.toml',
        config: { node: 'here' },
      });
    },
  );

  it.each([
    ['-f', 'missing.toml', {}],
    ['the environment', undefined, { PUFFBOOT_CONFIG: 'missing.toml' }],
  ])('looks nowhere else when %s names a file', async (_, path, env) => {
    await expect(readConfig(path, env)).rejects.toThrowError(missing("'missing.toml'"));
  });

  it.skipIf(existsSync('/etc/puffboot.toml'))('names the places where it looked', async () => {
    await rm(join(directory, 'puffboot.toml'));
    const read = readConfig(undefined, {});
    await expect(read).rejects.toThrowError(missing("'./puffboot.toml'"));
    await expect(read).rejects.toThrowError(missing("'/etc/puffboot.toml'"));
  });

  it('says which file has the mistakes', async () => {
    await writeFile(named, 'node = 1\n');
    await expect(readConfig(named, {})).rejects.toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`${named}:1: node: `),
      }),
    );
  });
});
