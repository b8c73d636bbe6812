import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { netbootCommand } from '../../src/cli/netboot.ts';
import { vmCommand } from '../../src/cli/vm.ts';
import { run } from './run.ts';

let directory: string;
const config = () => join(directory, 'puffboot.toml');
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-netboot-'));
  await writeFile(
    config(),
    `stateDirectory = "${directory}/state"
     subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.2", dhcp = "proxy" }]
     [[hosts]]
     name = "vmm1"
     lladdrPrefix = "fe:e1:bb:d1:4c"
     ipv4Range = "192.0.2.10-192.0.2.99"\n`,
  );
});
afterAll(() => rm(directory, { recursive: true }));

describe('puffboot netboot --explain, without serve', () => {
  const explain = (...args: string[]) => run(netbootCommand(), '-f', config(), '--explain', ...args);

  it('says what a VM of the inventory would be told', async () => {
    await run(vmCommand(), 'add', 'web1', '-f', config());
    const { stdout } = await explain('FE:E1:BB:D1:4C:01', '--arch', '7');
    expect(stdout).toMatch(
      /^fe:e1:bb:d1:4c:01 is web1; 192.0.2.10, in 192.0.2.0\/24, is reserved for it\.\n/,
    );
    expect(stdout).toMatch(/architecture 7, gets no answer: web1 is not armed\.\n/);
  });

  it.each([
    ['an lladdr that is none', ['fe:e1'], /such as fe:e1:bb:d1:4c:07/],
    ['an architecture that is none', ['fe:e1:bb:d1:4c:01', '--arch', 'amd64'], /architecture number/],
    ['a release that is none', ['fe:e1:bb:d1:4c:01', '--release', 'newest'], /release such as 7.6/],
  ])('refuses %s', async (_, args, message) => {
    await expect(explain(...args)).rejects.toThrow(message);
  });
});
