import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { configKeys } from '../../src/config/keys.ts';
import { parseConfig } from '../../src/config/parse.ts';

const FILE = 'examples/puffboot.toml';
const text = readFileSync(FILE, 'utf8');

describe(FILE, () => {
  it('is accepted', () => {
    expect(parseConfig(text, FILE).hosts.map((host) => host.name)).toEqual(['vmm1', 'vmm2', 'rehearsal']);
  });

  it.each(configKeys().map((key) => key.path))('shows %s', (path) => {
    expect(valuesAt(parse(text), path.split('.'))).not.toEqual([]);
  });
});

describe('table of keys', () => {
  it('lists every key once, each with a meaning', () => {
    const keys = configKeys();
    expect(new Set(keys.map((key) => key.path)).size).toBe(keys.length);
    expect(keys.filter((key) => key.description === '' || key.words === 'a table')).toEqual([]);
  });
});

/** What stands at a key path such as `hosts[].vmDefaults.memory`, in any table of a list. */
function valuesAt(table: unknown, [first, ...rest]: readonly string[]): readonly unknown[] {
  if (first === undefined) return table === undefined ? [] : [table];
  if (typeof table !== 'object' || table === null) return [];
  const value: unknown = Reflect.get(table, first.replace('[]', ''));
  const items: readonly unknown[] = first.endsWith('[]') && Array.isArray(value) ? value : [value];
  return items.flatMap((item) => valuesAt(item, rest));
}
