import fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { locate } from '../../src/config/locate.ts';

const TEXT = `# a comment = 1
top = "a # b"   # [not.a.table]
'quoted key' = 'C:\\'
"with \\"quotes\\"" = """
[still.a.string]
x = 1 \\""" quote"""
a.b . c = 1
list = [ # comment ]
  1,
  [ 2, "]" ],
  { p = 1, q.r = [ 3,
    4 ] },
]

[table]
key = 1979-05-27 07:32:00
inline = { one = 1, "two" = '''x
y''', three = 3 }

[[hosts]]
name = "a"
  [hosts.vmDefaults]
  memory = "1G"
  [[hosts.disks]]
  size = 1
  [[hosts.disks]]
  size = 2

[[hosts]]
name = "b"
[[hosts.disks]]
size = 3
`;

describe('locate', () => {
  it.each([
    [['top'], 2],
    [['quoted key'], 3],
    [['with "quotes"'], 4],
    [['a'], 7],
    [['a', 'b', 'c'], 7],
    [['list'], 8],
    [['list', 0], 9],
    [['list', 1, 1], 10],
    [['list', 2, 'q', 'r', 1], 12],
    [['table'], 15],
    [['table', 'key'], 16],
    [['table', 'inline', 'one'], 17],
    [['table', 'inline', 'three'], 18],
    [['hosts'], 20],
    [['hosts', 0, 'name'], 21],
    [['hosts', 0, 'vmDefaults', 'memory'], 23],
    [['hosts', 0, 'disks', 0, 'size'], 25],
    [['hosts', 0, 'disks', 1, 'size'], 27],
    [['hosts', 1], 29],
    [['hosts', 1, 'name'], 30],
    [['hosts', 1, 'disks', 0, 'size'], 32],
    [['hosts', 1, 'missing'], 29],
    [['hosts', 0, 'vmDefaults', 'missing', 'deep'], 22],
    [['table', 'missing'], 15],
    [['missing'], 1],
    [[], 1],
  ])('finds %j on line %i', (path, line) => {
    expect(() => parse(TEXT)).not.toThrow();
    expect(locate(TEXT)(path)).toBe(line);
  });

  it('counts lines that end in CR LF', () => {
    expect(locate('a = 1\r\n[b]\r\nc = 1\r\n')(['b', 'c'])).toBe(3);
  });

  it('finds every key of whatever the TOML writer makes', () => {
    const key = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()));
    const table = fc.dictionary(key, fc.oneof(leaf, fc.array(fc.dictionary(key, leaf), { minLength: 1 })));
    fc.assert(
      fc.property(table, (value) => {
        const text = stringify(value);
        const lines = text.split('\n');
        const find = locate(text);
        for (const name of Object.keys(parse(text))) {
          const line = lines[find([name]) - 1] ?? '';
          // Escapes of TOML that JSON does not have make a key unreadable to the finder, never another's.
          if (/^[\w ]+$/.test(name)) expect(line).toContain(name);
        }
      }),
    );
  });
});
