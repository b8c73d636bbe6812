import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leasesCommand } from '../../src/cli/leases.ts';
import { run } from './run.ts';

const LINES = `leased 192.0.2.201 02:00:00:00:00:02 2999-01-01T00:00:00.000Z
leased 192.0.2.200 02:00:00:00:00:01 2020-01-01T00:00:00.000Z
declined 192.0.2.203 02:00:00:00:00:04 2999-01-01T00:00:00.000Z
leased 192.0.2.202 02:00:00:00:00:03 2999-01-01T00:00:00.000Z
released 192.0.2.202 02:00:00:00:00:03 2020-01-01T00:00:00.000Z
leased 192.0.2.2`;

let directory: string;
const config = () => join(directory, 'puffboot.toml');
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-leases-'));
  await mkdir(join(directory, 'leases'));
  await writeFile(
    config(),
    `subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.2" }]
     [netboot]
     leasesDirectory = "${directory}/leases"
     [[hosts]]
     name = "vmm1"
     lladdrPrefix = "fe:e1:bb:d1:4c"
     ipv4Range = "192.0.2.10-192.0.2.99"\n`,
  );
});
afterAll(() => rm(directory, { recursive: true }));

describe('puffboot leases', () => {
  it('lists none where none was given', async () => {
    expect((await run(leasesCommand(), '-f', config(), '--json')).stdout).toBe('[]\n');
  });

  it('lists the newest of each address, and what has ended as ended', async () => {
    await writeFile(join(directory, 'leases', 'leases'), LINES);
    const { stdout } = await run(leasesCommand(), '-f', config());
    expect(stdout).toBe(
      `ADDRESS      LLADDR             STATE     UNTIL
192.0.2.200  02:00:00:00:00:01  expired   2020-01-01 00:00:00Z
192.0.2.201  02:00:00:00:00:02  leased    2999-01-01 00:00:00Z
192.0.2.202  02:00:00:00:00:03  released  2020-01-01 00:00:00Z
192.0.2.203  02:00:00:00:00:04  declined  2999-01-01 00:00:00Z
`,
    );
  });

  it('says which file it may not read', async () => {
    await rm(join(directory, 'leases', 'leases'));
    await mkdir(join(directory, 'leases', 'leases'));
    await expect(run(leasesCommand(), '-f', config())).rejects.toMatchObject({ code: 'LEASES_UNREADABLE' });
  });
});
