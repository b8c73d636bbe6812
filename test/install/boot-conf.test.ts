import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ipv4, Lladdr } from '../../src/common/address.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { catalogOf } from '../../src/install/catalog.ts';
import { UNSAID, type Vm } from '../../src/inventory/vm.ts';
import { download } from '../../src/rehearsal/io/tftp.ts';
import { FRESH } from '../fakes/install.ts';
import { LOOPBACK, type Running, startRunning } from '../netboot/io/running.ts';

const configOf = (keys: string) =>
  parseConfig(
    `[[subnets]]
     cidr = "127.0.0.0/24"
     router = "127.0.0.2"
     bootAddress = "127.0.0.1"
     ${keys}
     [[hosts]]
     name = "host1"
     capacity = 2
     lladdrPrefix = "fe:e1:bb:d1:4c"
     ipv4Range = "127.0.0.10-127.0.0.19"`,
    'puffboot.toml',
  );

const VM: Vm = {
  ...UNSAID,
  ...{ name: 'web1', host: 'host1', id: 1, hostName: 'web1', owner: null, sshKeys: [], createdAt: 0 },
  ...{
    lladdr: 'fe:e1:bb:d1:4c:01' as Lladdr,
    ipv4: LOOPBACK as Ipv4,
    ipv6: null,
    arch: 'amd64',
    release: '7.6',
  },
  ...{ memoryMiB: 512, diskSizesMiB: [20480], diskFormat: 'qcow2', sets: [], timezone: 'UTC' },
};

describe('subnets[].console and consoleSpeed of puffboot.toml', () => {
  let running: Running;
  beforeAll(async () => {
    running = await startRunning();
  });
  afterAll(() => running.close());

  const read = async (file: string) => {
    const wanted = { server: LOOPBACK, file, options: [], leaveAfter: null, clientPort: 0 };
    const got = await download(wanted, { from: LOOPBACK, port: running.ports.tftp, waitScale: 1 });
    return got.kind === 'read' ? Buffer.from(got.bytes).toString() : got;
  };

  it.each([
    ['nothing', '', 'com0', 115200],
    ['com1 at 9600', 'console = "com1"\nconsoleSpeed = 9600', 'com1', 9600],
    ['com3', 'console = "com3"', 'com3', 115200],
    ['19200', 'consoleSpeed = 19200', 'com0', 19200],
  ])('of %s reach the loader and the answers', async (_, keys, tty, speed) => {
    const installs = [{ ...FRESH, state: 'armed', token: 'a-token-of-sixteen' } as const];
    const catalog = catalogOf(configOf(keys), [VM], installs, Date.now());
    // As it goes to another process.
    await running.netboot.push(JSON.parse(JSON.stringify(catalog)));
    expect(await read('/etc/boot.conf')).toBe(
      `stty ${tty} ${speed}\nset tty ${tty}\nset timeout 1\nboot tftp:/bsd.rd\n`,
    );
    const answers = await fetch(`http://${LOOPBACK}:${running.ports.http}/install.conf`);
    expect(await answers.text()).toContain(`\nWhich speed should = ${speed}\n`);
  });
});
