import { describe, expect, it } from 'vitest';
import { confBlocks, disabled } from '../../../src/host/plan/vm-conf-blocks.ts';

describe('blocks of a vm.conf', () => {
  it.each([
    ['nothing', '# vm "x" {\nsocket owner :vmdusers\n', []],
    ['a bare name', 'vm web1 {\n\tmemory 1G\n}\n', [{ kind: 'vm', name: 'web1', enabled: true }]],
    ['a brace on its own line', 'vm "a"\n{\n disable\n}\n', [{ name: 'a', enabled: false }]],
    ['disable as a word of something else', 'vm "a" {\n disk "/disable me"\n}\n', [{ enabled: true }]],
    ['disable within an interface', 'vm "a" {\n interface { disable }\n}\n', [{ enabled: true }]],
    ['disable in a comment', 'vm "a" {\n memory 1G # disable\n}\n', [{ enabled: true }]],
    ['a template', 'vm "b" instance "a" {\n}\n', [{ kind: 'vm', name: 'b' }]],
    ['a quoted brace', 'vm "a" {\n disk "/x}"\n}\nvm "b" {\n}\n', [{ name: 'a' }, { name: 'b' }]],
    ['a switch', 'switch "up" {\n interface veb0\n}\n', [{ kind: 'switch', name: 'up', interface: 'veb0' }]],
    ['a block that never ends', 'vm "a" {\n memory 1G\n', []],
  ])('finds %s', (_, text, expected) => {
    expect(confBlocks(text)).toMatchObject(expected);
    expect(confBlocks(text)).toHaveLength(expected.length);
  });

  it('gives the text of each block, and that text disabled', () => {
    const [first, second] = confBlocks('x 1\nvm "a" {\n\tenable\n\tmemory 1M\n} vm "b" {\n}\n');
    expect([first?.text, second?.text]).toEqual(['vm "a" {\n\tenable\n\tmemory 1M\n}\n', 'vm "b" {\n}\n']);
    expect(first && disabled(first)).toBe('vm "a" {\n\tdisable\n\tmemory 1M\n}\n');
  });
});
