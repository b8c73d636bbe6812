import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processPattern, renderDoasConf } from '../../src/host/doas-conf.ts';
import { requireProgram } from '../support/require.ts';

const DOAS = requireProgram('doas');

describe('doas.conf', () => {
  it.each([
    ['one-vm', [{ name: 'web1', owner: 'puffy' }]],
    [
      'awkward-names',
      [
        { name: 'web.1', owner: 'puffy' },
        { name: 'a'.repeat(63), owner: 'nopass' },
        { name: 'a-b_c.d.', owner: '_x-1' },
      ],
    ],
    ['no-owner', []],
  ])('%s', async (name, vms) => {
    await expect(renderDoasConf(vms)).toMatchFileSnapshot(`../../fixtures/doas-conf/${name}.conf`);
  });

  it.each([
    ['a group as the owner', { name: 'web1', owner: ':wheel' }],
    ['an owner with a quote', { name: 'web1', owner: 'a"' }],
    ['a name with a blank', { name: 'web 1', owner: 'puffy' }],
    ['a name that would fit others', { name: 'web.*', owner: 'puffy' }],
    ['a name with a newline', { name: 'web\npermit nopass keepenv :wheel', owner: 'puffy' }],
  ])('refuses %s', (_, vm) => {
    expect(() => renderDoasConf([vm])).toThrowError(expect.objectContaining({ code: 'FILE_REFUSED' }));
  });

  it.each([
    ['web.1', 'vmd: web.1', true],
    ['web.1', 'vmd: webx1', false],
    ['web.1', 'vmd: web.11', false],
    ['web.1', 'vmd: aweb.1', false],
    ['a-b_c', 'vmd: a-b_c', true],
  ])('%s as a pattern fits the title %j: %s', (name, title, fits) => {
    // pkill -x matches the whole title; what a VM may be called means the same in both dialects.
    expect(new RegExp(`^${processPattern(name)}$`).test(title)).toBe(fits);
  });

  it('fits no VM but its own, whatever they are called', () => {
    const name = fc.stringMatching(/^[a-b][a-b.x_-]{0,3}$/);
    fc.assert(
      fc.property(name, name, (own, other) => {
        const fits = new RegExp(`^${processPattern(own)}$`).test(`vmd: ${other}`);
        expect(fits).toBe(own === other);
      }),
    );
  });
});

describe.skipIf(DOAS.skip)('doas(1)', () => {
  let directory: string;
  let file: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'puffboot-doas-'));
    file = join(directory, 'doas.conf');
    const owner = userInfo().username;
    const somebodyElse = owner === 'daemon' ? 'bin' : 'daemon';
    writeFileSync(
      file,
      renderDoasConf([
        { name: 'web.1', owner },
        { name: 'other', owner: somebodyElse },
      ]),
    );
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const answer = (...argv: readonly string[]) =>
    spawnSync(DOAS.path, ['-C', file, ...argv], { encoding: 'utf8' });

  it('accepts the file', () => {
    expect(answer()).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['the VM of its owner', ['pkill', '-9', '-xf', 'vmd: web\\.1'], 'permit nopass\n'],
    ['an unescaped dot', ['pkill', '-9', '-xf', 'vmd: web.1'], 'deny\n'],
    ['another VM', ['pkill', '-9', '-xf', 'vmd: webx1'], 'deny\n'],
    ["somebody else's VM", ['pkill', '-9', '-xf', 'vmd: other'], 'deny\n'],
    ['one argument more', ['pkill', '-9', '-xf', 'vmd: web\\.1', 'sshd'], 'deny\n'],
    ['one argument less', ['pkill', '-9', '-xf'], 'deny\n'],
    ['another program', ['reboot'], 'deny\n'],
  ])('says of %s: %s', (_, argv, said) => {
    expect(answer(...argv).stdout).toBe(said);
  });
});
