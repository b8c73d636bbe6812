import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { loadCommands } from '../src/cli/commands.ts';
import { FIXES } from '../src/common/error.ts';
import { renderConfigTable } from '../src/config/keys.ts';

const readme = readFileSync('README.md', 'utf8');

function withSubcommands(command: Command, prefix = 'puffboot'): { name: string; command: Command }[] {
  const name = `${prefix} ${command.name()}`;
  const own = command.commands.length === 0 ? [{ name, command }] : [];
  return [...own, ...command.commands.flatMap((child) => withSubcommands(child, name))];
}

const all = await loadCommands();
const commands = all.flatMap((command) => withSubcommands(command));

describe('a command', () => {
  it.each(all.map((command) => command.name()))('%s is loaded alone by its name', async (name) => {
    expect((await loadCommands(name)).map((command) => command.name())).toEqual([name]);
  });
});

describe('the README', () => {
  it.each(commands.map(({ name }) => name))('explains `%s`', (name) => {
    expect(readme).toContain(name);
  });

  it.each(
    commands.flatMap(({ name, command }) =>
      command.options
        .filter(({ hidden }) => !hidden)
        .map((option) => [name, option.long ?? option.flags] as const),
    ),
  )('names the option of `%s`: %s', (_, option) => {
    expect(readme).toContain(option);
  });

  it.each(Object.entries(FIXES))('has the error %s with its fix', (code, fix) => {
    expect(readme).toContain(`| \`${code}\` | ${fix.replaceAll('|', '\\|')} |`);
  });

  it('has the table of configuration keys as the schema renders it', () => {
    expect(readme).toContain(renderConfigTable().trim());
  });
});
